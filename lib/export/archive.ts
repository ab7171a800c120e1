// The file of a program: a zip with the graph as JSON and the weights as they lie in memory.
import { damaged } from './errors';
import { type Json, parseJson } from './json';
import type { Source } from '../serialization/io/source';
import { HEAD, foreign } from '../serialization/foreign';
import { ZipReader, isZip } from '../serialization/io/zip_reader';

const MAX_RECORDS = 1_000_000;
// What PyTorch wrote up to 2.7.
const OLD_PROGRAM = 'serialized_exported_program.json';
const OLD_EXAMPLES = 'serialized_example_inputs.pt';
const OLD_STATE = { weights: 'serialized_state_dict', constants: 'serialized_constants' };

/** The folders of tensors in an archive. */
export type TensorKind = 'weights' | 'constants';

/** An opened file of `torch.export.save`, and which of its programs is read. */
export class Archive {
  readonly zip: ZipReader;
  readonly model: string;
  readonly isBigEndian: boolean;
  readonly #isOld: boolean;

  constructor(source: Source) {
    if (!isZip(source)) {
      const what = foreign(source.read(0, Math.min(HEAD, source.size)), source.size, 'pt');
      throw damaged(`it is no file of torch.export.save(), but ${what ?? 'something else'}`);
    }
    this.zip = new ZipReader(source, 'maybe');
    this.#isOld = this.zip.has(OLD_PROGRAM);
    this.model = this.#isOld ? this.#checkOld() : this.#check();
    const order = this.zip.has('byteorder') ? this.zip.read('byteorder').toString() : 'little';
    if (order !== 'little' && order !== 'big')
      throw damaged(`Unknown endianness type: ${order.slice(0, 40)}`);
    this.isBigEndian = order === 'big';
  }

  // What else a file that begins as this one may be, and what opens it.
  #check(): string {
    const { zip } = this;
    const names = [...zip.names()];
    if (names.length > MAX_RECORDS) throw damaged(`it has ${names.length} records`);
    if (!zip.has('archive_format')) {
      if (zip.foreign === null) throw damaged('it is a file of torch.save(): torch.load() opens it');
      throw damaged(`it is ${zip.foreign}`);
    }
    const format = zip.read('archive_format').toString();
    if (format !== 'pt2') throw damaged(`its archive_format is '${format.slice(0, 40)}', not 'pt2'`);
    const version = zip.has('archive_version') ? zip.read('archive_version').toString() : '0';
    if (version !== '0') {
      throw damaged(
        `Saved archive version ${version.slice(0, 40)} does not match our current archive version 0.`,
      );
    }
    const models = names
      .filter((name) => /^models\/[^/]+\.json$/.test(name))
      .map((name) => name.slice(7, -5));
    if (models.length === 0) {
      const isCompiled = names.some((name) => name.startsWith('data/aotinductor/'));
      throw damaged(isCompiled ? `it is ${zip.foreign}` : 'it has no program');
    }
    return models.includes('model') ? 'model' : models[0];
  }

  // Python looks at the first of the numbers, too.
  #checkOld(): string {
    const version = this.zip.read('version').toString();
    if (/^8\.\d+$/.test(version)) return 'model';
    throw damaged(
      `Serialized version ${version.slice(0, 40)} does not match our current schema version 8.x.`,
    );
  }

  /** The graph and its signature, and the record that they are in. */
  program(): [program: Json, record: string] {
    const record = this.#isOld ? OLD_PROGRAM : `models/${this.model}.json`;
    return [this.json(record), record];
  }

  /** The record in which older versions saved all tensors of a kind by torch.save; null where there is none. */
  savedTensors(kind: TensorKind): string | null {
    const old = OLD_STATE[kind];
    const names = this.#isOld ? [`${old}.pt`, `${old}.json`] : [`data/${kind}/${this.model}.pt`];
    return names.find((name) => this.zip.has(name)) ?? (this.#isOld ? this.#missing(old) : null);
  }
  #missing(name: string): never {
    throw damaged(`record '${name}.pt' is missing`);
  }

  /** What torch.save wrote of the arguments that the program was exported with; null where there are none. */
  exampleInputs(): Uint8Array | null {
    const name = this.#isOld ? OLD_EXAMPLES : `data/sample_inputs/${this.model}.pt`;
    const bytes = this.zip.has(name) ? this.zip.read(name) : null;
    return bytes === null || bytes.length === 0 ? null : Uint8Array.from(bytes);
  }

  json(name: string): Json {
    return parseJson(this.zip.read(name), name);
  }
}
