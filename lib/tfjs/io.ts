/** `file://` for `model.save()` and `tf.loadLayersModel()`, as tfjs-node has it. */
import { TorchError } from '../core/errors';
import { closeSync, mkdirSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import { isArrayBuffer } from '../core/realm';
import { type AtomicFile, openInFolder, writeAll } from '../serialization/io/atomic';
import { publish, readSet } from '../serialization/io/file_set';
import type { Tfjs } from './fallback';

const SCHEME = 'file://';
const AT_ONCE = 2 ** 30; // a buffer holds less than 2 GiB on some versions of Node

/** Where `address` leads, a path behind `file://`; null where it is no such address. */
const placeOf = (address: string | string[]): string | null =>
  typeof address === 'string' && address.startsWith(SCHEME) ? address.slice(SCHEME.length) : null;

export function registerFileHandlers(tf: Tfjs): void {
  tf.io.registerSaveRouter((address) => {
    const place = placeOf(address);
    return place === null ? (null as never) : { save: async (model) => save(tf, place, model) };
  });
  tf.io.registerLoadRouter((address) => {
    const place = placeOf(address);
    return place === null ? (null as never) : { load: async () => load(tf, place) };
  });
}

/** Into a folder: `model.json`, and `weights.bin` beside it. At every moment both are old or both new. */
async function save(tf: Tfjs, folder: string, model: io.ModelArtifacts): Promise<io.SaveResult> {
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
  return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(model) };
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

async function load(tf: Tfjs, place: string): Promise<io.ModelArtifacts> {
  const info = statSync(place, { throwIfNoEntry: false });
  if (!info) throw new TorchError(`Path ${place} does not exist: loading failed.`);
  if (!info.isFile()) {
    throw new TorchError(`${place} is no file: give the path of model.json`);
  }
  const { json, weights } = readSet(
    () => place,
    () => {
      const model = parsed(place);
      return { json: model, weights: weightsOf(place, manifestOf(model)) };
    },
  );
  return tf.io.getModelArtifactsForJSON(json, (manifest) =>
    Promise.resolve([tf.io.getWeightSpecs(manifest), weights]),
  );
}

function parsed(place: string): io.ModelJSON {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(place, 'utf8'));
  } catch (error) {
    throw new TorchError(`${place} is not JSON: ${(error as Error).message}`, 'ValueError', '', {
      cause: error,
    });
  }
  const model = json as Partial<io.ModelJSON> | null;
  if (typeof model !== 'object' || model === null || !model.modelTopology) {
    throw new TorchError(`${place} describes no model: it has no 'modelTopology'`);
  }
  return model as io.ModelJSON;
}

/** All shards, which lie beside the model's file. */
function weightsOf(place: string, manifest: io.WeightsManifestConfig): ArrayBuffer[] {
  const folder = path.dirname(place);
  const shards = manifest.flatMap(({ paths }) => paths.map((shard) => path.join(folder, shard)));
  for (const shard of shards) {
    if (!statSync(shard, { throwIfNoEntry: false })?.isFile()) {
      throw new TorchError(`Weight file ${shard} does not exist: loading failed`);
    }
  }
  return joined(shards);
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
