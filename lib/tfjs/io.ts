/** `file://` for `model.save()` and `tf.loadLayersModel()`, as tfjs-node has it. */
import { bindArguments } from '../core/calls';
import { TorchError, argumentError, valueError } from '../core/errors';
import { closeSync, mkdirSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import { isArrayBuffer } from '../core/realm';
import { type AtomicFile, openInFolder, writeAll } from '../serialization/io/atomic';
import { publish, readSet } from '../serialization/io/file_set';
import type { Tfjs } from './fallback';

const AT_ONCE = 2 ** 30; // a buffer holds less than 2 GiB on some versions of Node

/** A model in files, for `model.save` and `tf.loadLayersModel`: see {@link fileSystem}. */
export class NodeFileSystem implements io.IOHandler {
  static readonly URL_SCHEME = 'file://';
  readonly #path: string | string[];

  constructor(...args: [path: string | string[]]) {
    const [given] = bindArguments('NodeFileSystem(path)', args);
    if (![given].flat().every((each) => typeof each === 'string'))
      throw argumentError('NodeFileSystem', 'path', 'a string, or two', given);
    if (Array.isArray(given) && given.length !== 2)
      throw valueError(`file paths must have a length of 2, (actual length is ${given.length}).`);
    this.#path = Array.isArray(given) ? given.map((each) => path.resolve(each)) : path.resolve(given);
  }

  /** Writes the model's topology and weights; the date and sizes of what was written. */
  async save(...args: [model: io.ModelArtifacts]): Promise<io.SaveResult> {
    const [model] = bindArguments('NodeFileSystem.save(model{})', args);
    if (Array.isArray(this.#path)) throw new TorchError('Cannot perform saving to multiple paths.');
    return save(this.#path, model);
  }

  /**
   * The model's topology and weights.
   *
   * @throws Error where a file is missing or is none of a model.
   */
  async load(...args: []): Promise<io.ModelArtifacts> {
    bindArguments('NodeFileSystem.load()', args);
    return Array.isArray(this.#path) ? loadBinary(this.#path) : load(this.#path);
  }
}

/**
 * A handler for `model.save` and `tf.loadLayersModel`, as `file://` is one. `path` is a folder to save into, or the
 * `model.json` to load; of a model with a binary topology, that file and the manifest of its weights.
 */
export function fileSystem(...args: [path: string | string[]]): NodeFileSystem {
  const [place] = bindArguments('fileSystem(path)', args);
  return new NodeFileSystem(place);
}

/** The handler for addresses that begin with `file://`; null for others. */
export function nodeFileSystemRouter(...args: [url: string | string[]]): NodeFileSystem | null {
  const [url] = bindArguments('nodeFileSystemRouter(url)', args);
  const scheme = NodeFileSystem.URL_SCHEME;
  if (![url].flat().every((each) => typeof each === 'string' && each.startsWith(scheme))) return null;
  return new NodeFileSystem(
    Array.isArray(url) ? url.map((each) => each.slice(scheme.length)) : url.slice(scheme.length),
  );
}

export function registerFileHandlers(tf: Tfjs): void {
  // tfjs hands its options over as well.
  const router = (url: string | string[]): io.IOHandler => nodeFileSystemRouter(url)!;
  tf.io.registerSaveRouter(router);
  tf.io.registerLoadRouter(router);
}

/** Into a folder: `model.json`, and `weights.bin` beside it. At every moment both are old or both new. */
function save(folder: string, model: io.ModelArtifacts): io.SaveResult {
  if (isArrayBuffer(model.modelTopology)) {
    throw new TorchError('a model whose topology is binary cannot be saved: tfjs saves it as JSON');
  }
  if (statSync(folder, { throwIfNoEntry: false })?.isFile()) {
    throw new TorchError(`Path ${folder} exists as a file. The model should be saved as a directory.`);
  }
  mkdirSync(folder, { recursive: true });
  const { weightData, weightSpecs, ...rest } = model;
  const pieces = weightData === undefined ? [] : [weightData].flat();
  const name = 'weights.bin';
  const file = writeFile(folder, name, pieces);
  try {
    publish({
      folder,
      files: [{ name, beside: (mark) => `weights${mark}.bin`, file }],
      index: 'model.json',
      textOf: (paths) =>
        JSON.stringify({ ...rest, weightsManifest: [{ paths, weights: weightSpecs ?? [] }] }),
      namedBy: (index) => manifestOf(parsed(index)).flatMap(({ paths }) => paths),
      isOurs: (each) => /^weights(-save-[0-9a-f]{12})?\.bin$/.test(each),
    });
  } finally {
    file.abort();
  }
  return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(model) };
}

const manifestOf = (model: io.ModelJSON): io.WeightsManifestConfig => model.weightsManifest ?? [];

function writeFile(folder: string, name: string, pieces: readonly (ArrayBuffer | Uint8Array)[]): AtomicFile {
  const file = openInFolder(folder, name);
  try {
    for (const piece of pieces) writeAll(file.fd, new Uint8Array(piece));
    return file;
  } catch (error) {
    file.abort();
    throw error;
  }
}

function checkFile(what: string, place: string): void {
  const info = statSync(place, { throwIfNoEntry: false });
  if (!info) throw new TorchError(`${what} ${place} does not exist: loading failed.`);
  if (!info.isFile()) throw new TorchError(`${place} is no file: give the path of model.json`);
}

async function load(place: string): Promise<io.ModelArtifacts> {
  checkFile('Path', place);
  const { json, weights } = readSet(
    () => place,
    () => {
      const model = parsed(place);
      return { json: model, weights: weightsOf(place, manifestOf(model)) };
    },
  );
  return io.getModelArtifactsForJSON(json, (manifest) =>
    Promise.resolve([io.getWeightSpecs(manifest), weights]),
  );
}

/** Of a model that TensorFlow.js's first converter has made. */
function loadBinary([topology, manifestPlace]: readonly string[]): io.ModelArtifacts {
  checkFile('Topology Path', topology);
  checkFile('Weight Manifest Path', manifestPlace);
  const { buffer, byteOffset, byteLength } = readFileSync(topology);
  const manifest = jsonOf(manifestPlace) as io.WeightsManifestConfig;
  return {
    modelTopology: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer,
    weightSpecs: io.getWeightSpecs(manifest),
    weightData: weightsOf(manifestPlace, manifest),
  };
}

function jsonOf(place: string): unknown {
  try {
    return JSON.parse(readFileSync(place, 'utf8'));
  } catch (error) {
    throw new TorchError(`${place} is not JSON: ${(error as Error).message}`, 'ValueError', '', {
      cause: error,
    });
  }
}

function parsed(place: string): io.ModelJSON {
  const model = jsonOf(place) as Partial<io.ModelJSON> | null;
  if (typeof model !== 'object' || model === null || !model.modelTopology) {
    throw new TorchError(`${place} describes no model: it has no 'modelTopology'`);
  }
  return model as io.ModelJSON;
}

/** All shards, which lie beside the model's file: in one piece where that is possible, as tfjs 3 wants it. */
function weightsOf(place: string, manifest: io.WeightsManifestConfig): ArrayBuffer | ArrayBuffer[] {
  const folder = path.dirname(place);
  const shards = manifest.flatMap(({ paths }) => paths.map((shard) => path.join(folder, shard)));
  for (const shard of shards) {
    if (!statSync(shard, { throwIfNoEntry: false })?.isFile()) {
      throw new TorchError(`Weight file ${shard} does not exist: loading failed`);
    }
  }
  const pieces = joined(shards);
  return pieces.length > 1 ? pieces : (pieces[0] ?? new ArrayBuffer(0));
}

/** Their bytes in pieces of one size, since tfjs finds its way in no others; the last may be shorter. */
function joined(files: readonly string[]): ArrayBuffer[] {
  const sizes = files.map((file) => statSync(file).size);
  let left = sizes.reduce((sum, size) => sum + size, 0);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (; left > 0; left -= AT_ONCE) pieces.push(new Uint8Array(Math.min(AT_ONCE, left)));
  let start = 0; // of the file, within all
  files.forEach((file, i) => {
    readInto(file, sizes[i], (at) => {
      const place = start + at;
      return pieces[Math.floor(place / AT_ONCE)].subarray(place % AT_ONCE);
    });
    start += sizes[i];
  });
  return pieces.map(({ buffer }) => buffer);
}

/** Reads a file into what `room` gives for a position in it. */
function readInto(file: string, size: number, room: (at: number) => Uint8Array): void {
  const fd = openSync(file, 'r');
  try {
    for (let at = 0; at < size;) {
      const place = room(at);
      const count = readSync(fd, place, 0, Math.min(place.length, size - at), at);
      if (count === 0) throw new TorchError(`${file} ended while it was read`);
      at += count;
    }
  } finally {
    closeSync(fd);
  }
}
