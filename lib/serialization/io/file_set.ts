// Several files that are one: a folder has the old ones or the new ones, and an index that names them. Readers
// follow the index, so that its replacement is the moment at which the new ones count.
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { TorchError } from '../../core/errors';
import { type AtomicFile, syncDirectory, writeAll, writeAtomically } from './atomic';
import { exclusively } from './folder_lock';
import { openRegular } from './regular';

export interface NewFile {
  readonly name: string;
  /** Another name: new files lie beside those that the old index names, as long as it counts. */
  readonly beside: (mark: string) => string;
  /** All of its bytes are written. */
  readonly file: AtomicFile;
}

export interface FileSet {
  readonly folder: string;
  readonly files: readonly NewFile[];
  /** The index's name. */
  readonly index: string;
  /** Its text for files in these places; null where the files need none. */
  readonly textOf: ((places: readonly string[]) => string) | null;
  /** The files that the index in the folder names; throws where there is none. */
  readonly namedBy: (index: string) => Iterable<string>;
  /** Whether a name is that of an index or of a file of an earlier save. */
  readonly isOurs: (name: string) => boolean;
}

/**
 * Puts the files in their places. Whoever reads by the index finds the old ones or the new ones, also when this
 * process is killed at any moment; what it leaves then, the next call removes. Returns the names.
 */
export function publish(set: FileSet): string[] {
  for (const { file } of set.files) file.finish();
  return exclusively(path.join(set.folder, set.index), () => {
    const places = putBeside(set);
    const final = set.textOf ? [...giveNames(set, places, set.textOf), set.index] : places;
    for (const name of fs.readdirSync(set.folder)) {
      if (set.isOurs(name) && !final.includes(name)) fs.rmSync(path.join(set.folder, name), { force: true });
    }
    return final;
  });
}

// Up to the moment at which the new files count.
function putBeside({ folder, files, index, textOf, namedBy }: FileSet): string[] {
  const used = namesInUse(path.join(folder, index), namedBy);
  const mark = `-save-${randomBytes(6).toString('hex')}`;
  if (!textOf) {
    // It may be that the old index names this very file.
    if (files.some(({ name }) => used.has(name))) fs.rmSync(path.join(folder, index));
    for (const { file } of files) file.commit();
    fs.rmSync(path.join(folder, index), { force: true });
    return files.map(({ name }) => name);
  }
  const places: string[] = [];
  try {
    for (const { name, beside, file } of files) {
      const place = used.has(name) ? beside(mark) : name;
      file.commit(path.join(folder, place));
      places.push(place);
    }
    writeText(folder, index, textOf(places));
  } catch (error) {
    const count = namesInUse(path.join(folder, index), namedBy); // the last step may be what failed
    for (const place of places) if (!count.has(place)) fs.rmSync(path.join(folder, place), { force: true });
    throw error;
  }
  return places;
}

// The old names are free now. Where a file cannot be given a second name, it stays what it is.
function giveNames(
  { folder, files, index, namedBy }: FileSet,
  places: string[],
  textOf: (places: readonly string[]) => string,
): string[] {
  const names = files.map(({ name }) => name);
  if (names.every((name, i) => name === places[i])) return places;
  try {
    names.forEach((name, i) => {
      if (name === places[i]) return;
      fs.rmSync(path.join(folder, name), { force: true });
      fs.linkSync(path.join(folder, places[i]), path.join(folder, name));
    });
    syncDirectory(folder);
    writeText(folder, index, textOf(names));
    return names;
  } catch {
    const used = namesInUse(path.join(folder, index), namedBy);
    return names.every((name) => used.has(name)) ? names : places;
  }
}

function namesInUse(index: string, namedBy: FileSet['namedBy']): Set<string> {
  try {
    return new Set([...namedBy(index)].map((name) => path.normalize(name)));
  } catch {
    return new Set(); // none, or one that nobody can follow
  }
}

function writeText(folder: string, index: string, text: string): void {
  writeAtomically(path.join(folder, index), (fd) => writeAll(fd, Buffer.from(text)));
}

const TRIES = 10;

/**
 * Reads the file that `find` finds, and what it names, by `read`; again where another save took its place
 * meanwhile, so that what `read` returns is of one save.
 */
export function readSet<T>(
  find: () => string,
  read: (file: string) => T,
  isIndex: (file: string) => boolean = () => true,
): T {
  for (let tries = 1; tries <= TRIES; tries++) {
    const file = find();
    let fd: number | undefined;
    try {
      ({ fd } = openRegular(file));
      const result = read(file);
      if (!isIndex(file) || leadsTo(file, fd)) return result;
    } catch (error) {
      const same = fd === undefined ? find() === file : leadsTo(file, fd);
      if (same || tries === TRIES) throw error;
    } finally {
      if (fd !== undefined) fs.closeSync(fd);
    }
  }
  throw new TorchError(`'${find()}' was replaced while it was read, ${TRIES} times`);
}

// While a file is open nothing else gets its number.
function leadsTo(file: string, fd: number): boolean {
  const there = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
  const opened = fs.fstatSync(fd, { bigint: true });
  return there?.ino === opened.ino && there.dev === opened.dev;
}
