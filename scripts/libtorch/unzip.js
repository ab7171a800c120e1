'use strict';
// Unpacks a zip file (and so a wheel): zip64, stored and deflated entries, CRC checked, streamed.
// Nothing is ever written outside the target folder, whatever the archive says.

const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { pipeline } = require('node:stream/promises');
const { Transform } = require('node:stream');

const END = 0x06054b50; // end of central directory
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const SYMLINK = 0o120000;
const SMALL = 1 << 20; // entries up to this size are read whole: most of the 10,000 are headers

const crc32 = zlib.crc32 || crc32ByTable; // zlib has it since Node 20.15 and 22.2

function crc32ByTable(data, value = 0) {
  crc32ByTable.table ||= Uint32Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
    return n;
  });
  let crc = ~value;
  for (let i = 0; i < data.length; i++) crc = crc32ByTable.table[(crc ^ data[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

const toNumber = (big) => {
  if (big > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error('a size in the archive is absurd');
  return Number(big);
};

async function readAt(file, position, length) {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new Error('the archive is cut short');
    filled += bytesRead;
  }
  return buffer;
}

// The directory is at the end, behind a comment of up to 64 KiB.
async function findDirectory(file, size) {
  const tailLength = Math.min(size, 65557);
  const start = size - tailLength;
  const tail = await readAt(file, start, tailLength);
  let at = tailLength - 22;
  while (at >= 0 && !(tail.readUInt32LE(at) === END && at + 22 + tail.readUInt16LE(at + 20) === tailLength))
    at--;
  if (at < 0) throw new Error('it is not a zip archive, or it is cut short');
  let count = tail.readUInt16LE(at + 10);
  let length = tail.readUInt32LE(at + 12);
  let offset = tail.readUInt32LE(at + 16);
  if (count === 0xffff || length === 0xffffffff || offset === 0xffffffff) {
    const locator = start + at - 20;
    const pointer = locator >= 0 ? await readAt(file, locator, 20) : null;
    if (pointer?.readUInt32LE(0) === END64_LOCATOR) {
      const end = await readAt(file, toNumber(pointer.readBigUInt64LE(8)), 56);
      if (end.readUInt32LE(0) !== END64) throw new Error('its zip64 directory is damaged');
      count = toNumber(end.readBigUInt64LE(32));
      length = toNumber(end.readBigUInt64LE(40));
      offset = toNumber(end.readBigUInt64LE(48));
    }
  }
  if (offset + length > size) throw new Error('its directory is damaged, or it is cut short');
  return { count, bytes: await readAt(file, offset, length) };
}

// Sizes that do not fit 32 bits are in the extra field, in this order, only those that are needed.
function widen(entry, extra) {
  for (let at = 0; at + 4 <= extra.length;) {
    const id = extra.readUInt16LE(at);
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (id === 1) {
      let from = at + 4;
      for (const key of ['size', 'packed', 'offset']) {
        if (entry[key] !== 0xffffffff) continue;
        if (from + 8 > end || end > extra.length)
          throw new Error(`the zip64 field of ${entry.name} is damaged`);
        entry[key] = toNumber(extra.readBigUInt64LE(from));
        from += 8;
      }
    }
    at = end;
  }
  return entry;
}

function checkName(name) {
  const parts = name.split('/');
  if (/[\\\0:]/.test(name) || name.startsWith('/') || parts.includes('..') || parts.includes('.')) {
    throw new Error(`the entry ${JSON.stringify(name)} would land outside the folder`);
  }
}

/** Every entry of the open archive, in its order. */
async function readEntries(file, size) {
  const { count, bytes } = await findDirectory(file, size);
  const entries = [];
  for (let at = 0; entries.length < count;) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== CENTRAL)
      throw new Error('its directory is damaged');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((o) => bytes.readUInt16LE(at + o));
    const extraAt = at + 46 + nameLength;
    const entry = {
      name: bytes.toString('utf8', at + 46, extraAt),
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      mode: bytes.readUInt16LE(at + 40),
      offset: bytes.readUInt32LE(at + 42),
    };
    entries.push(widen(entry, bytes.subarray(extraAt, extraAt + extraLength)));
    at = extraAt + extraLength + commentLength;
  }
  return entries;
}

// Counts and checks what comes out, and stops an entry that grows beyond what it declared.
function checking(entry, onBytes) {
  let crc = 0;
  let size = 0;
  const damaged = () => new Error(`${entry.name} is damaged`);
  return new Transform({
    transform(chunk, _encoding, done) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      onBytes(chunk.length);
      done(size > entry.size ? damaged() : null, chunk);
    },
    flush(done) {
      done(size === entry.size && crc === entry.crc ? null : damaged());
    },
  });
}

async function readSmall(file, entry, start, onBytes) {
  const packed = await readAt(file, start, entry.packed);
  let data = packed;
  try {
    if (entry.method === 8) data = zlib.inflateRawSync(packed, { maxOutputLength: entry.size || 1 });
  } catch {
    throw new Error(`${entry.name} is damaged`);
  }
  if (data.length !== entry.size || crc32(data) !== entry.crc) throw new Error(`${entry.name} is damaged`);
  onBytes(data.length);
  return data;
}

async function writeEntry(archive, file, size, entry, target, onBytes) {
  if (entry.flags & 1) throw new Error(`${entry.name} is encrypted`);
  if (entry.method !== 0 && entry.method !== 8)
    throw new Error(`${entry.name} is packed by method ${entry.method}`);
  const header = await readAt(file, entry.offset, 30);
  if (header.readUInt32LE(0) !== LOCAL) throw new Error(`${entry.name} is damaged`);
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + entry.packed > size) throw new Error('the archive is cut short');
  const mode = entry.mode & 0o111 ? 0o755 : 0o644;
  // 'wx': a second entry of the same name must not write through the first.
  if (entry.size <= SMALL && entry.packed <= SMALL) {
    const data = await readSmall(file, entry, start, onBytes);
    if ((entry.mode & 0o170000) === SYMLINK) return data.toString();
    await fs.promises.writeFile(target, data, { mode, flag: 'wx' });
    return null;
  }
  const source = fs.createReadStream(archive, {
    start,
    end: start + entry.packed - 1,
    highWaterMark: 1 << 20,
  });
  const inflate = entry.method === 8 ? [zlib.createInflateRaw({ chunkSize: 1 << 18 })] : [];
  await pipeline(
    source,
    ...inflate,
    checking(entry, onBytes),
    fs.createWriteStream(target, { mode, flags: 'wx' }),
  );
  return null;
}

/**
 * Unpacks the entries of `archive` that `wanted(name)` accepts into `folder`.
 * `onBytes(n)` hears of every n bytes written; `onTotal(n)` of the sum before the first.
 * Rejects when the archive is damaged; what was written until then stays for the caller to remove.
 */
async function unzip(archive, folder, { wanted = () => true, onTotal = () => {}, onBytes = () => {} } = {}) {
  const file = await fs.promises.open(archive, 'r');
  try {
    const { size } = await file.stat();
    const entries = (await readEntries(file, size)).filter(
      (entry) => !entry.name.endsWith('/') && wanted(entry.name),
    );
    entries.forEach((entry) => checkName(entry.name));
    onTotal(entries.reduce((sum, entry) => sum + entry.size, 0));
    const links = [];
    const made = new Set();
    for (const entry of entries) {
      const target = path.join(folder, entry.name);
      const parent = path.dirname(target);
      if (!made.has(parent)) {
        await fs.promises.mkdir(parent, { recursive: true });
        made.add(parent);
      }
      const link = await writeEntry(archive, file, size, entry, target, onBytes);
      if (link !== null) links.push({ name: entry.name, target, link });
    }
    // Links come last, so that no file can be written through one.
    for (const { name, target, link } of links) {
      if (/[/\\:\0]/.test(link) || link === '..' || link === '.') {
        throw new Error(`the link ${JSON.stringify(name)} points outside its folder`);
      }
      await fs.promises.symlink(link, target);
    }
    return entries.length;
  } finally {
    await file.close();
  }
}

module.exports = { unzip };
