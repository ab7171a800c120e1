'use strict';
// Reads what a library for Linux asks of the system, and changes where it looks for others: for pack-all.js and the
// tests, on machines that need have no binutils. 64 bits, little-endian: x64 and arm64.

const fs = require('node:fs');

const LOAD = 1;
const DYNAMIC = 2;
const TAG = { NEEDED: 1, STRTAB: 5, RPATH: 15, RUNPATH: 29, VERNEED: 0x6ffffffe, VERNEEDNUM: 0x6fffffff };

function open(bytes) {
  if (bytes.toString('latin1', 0, 6) !== '\x7fELF\x02\x01')
    throw new Error('it is no 64-bit library for Linux');
  const number = (at) => Number(bytes.readBigUInt64LE(at));
  const [table, size, count] = [number(32), bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
  const segments = Array.from({ length: count }, (_, i) => table + i * size).map((at) => ({
    type: bytes.readUInt32LE(at),
    offset: number(at + 8),
    address: number(at + 16),
    size: number(at + 32),
  }));
  /** Where in the file lies what is loaded to `address`. */
  const place = (address) => {
    const inside = (one) => one.type === LOAD && address >= one.address && address < one.address + one.size;
    const segment = segments.find(inside);
    return segment.offset + address - segment.address;
  };
  const { offset, size: length } = segments.find(({ type }) => type === DYNAMIC);
  const entries = [];
  for (let at = offset; at < offset + length && number(at) !== 0; at += 16) {
    entries.push({ at, tag: number(at), value: number(at + 8) });
  }
  const valueOf = (tag) => entries.find((entry) => entry.tag === tag)?.value;
  const strings = place(valueOf(TAG.STRTAB));
  const text = (at) => bytes.toString('latin1', strings + at, bytes.indexOf(0, strings + at));
  return { bytes, entries, place, strings, text, valueOf };
}

/** The versions of symbols that `file` needs, by library: `Map { 'libc.so.6' => ['GLIBC_2.14', ...] }`. */
function neededVersions(file) {
  const { bytes, place, text, valueOf } = open(fs.readFileSync(file));
  const all = new Map();
  let at = place(valueOf(TAG.VERNEED));
  for (let i = 0; i < valueOf(TAG.VERNEEDNUM); i++) {
    const versions = [];
    let version = at + bytes.readUInt32LE(at + 8);
    for (let j = 0; j < bytes.readUInt16LE(at + 2); j++) {
      versions.push(text(bytes.readUInt32LE(version + 8)));
      version += bytes.readUInt32LE(version + 12);
    }
    all.set(text(bytes.readUInt32LE(at + 4)), versions);
    at += bytes.readUInt32LE(at + 12);
  }
  return all;
}

/**
 * Leaves only those folders in which the library looks for others that are told from its own place (`$ORIGIN`): the
 * others are folders of the machine that built it.
 */
function forgetFolders(file) {
  const { bytes, entries, strings, text } = open(fs.readFileSync(file));
  for (const { tag, value } of entries) {
    if (tag !== TAG.RPATH && tag !== TAG.RUNPATH) continue;
    const before = text(value);
    const after = before.split(':').filter((folder) => folder.startsWith('$ORIGIN'));
    bytes.fill(0, strings + value, strings + value + before.length);
    bytes.write(after.join(':'), strings + value, 'latin1');
  }
  fs.writeFileSync(file, bytes);
}

module.exports = { neededVersions, forgetFolders };
