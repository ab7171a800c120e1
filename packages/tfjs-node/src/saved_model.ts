/** What a SavedModel says of itself (tensorflow/core/protobuf/meta_graph.proto). Its graph is TensorFlow's to run. */
import fs from 'node:fs';
import path from 'node:path';
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';
import type {
  DataType,
  InferenceModel,
  MetaGraph,
  ModelTensorInfo,
  SignatureDef,
  SignatureDefEntry,
} from '@tensorflow/tfjs';

const INIT_OP = '__saved_model_init_op'; // TensorFlow's own

/** TensorFlow's types that tfjs has, by number. */
const types: Readonly<Record<number, [tfDtype: string, dtype: DataType]>> = {
  1: ['DT_FLOAT', 'float32'],
  3: ['DT_INT32', 'int32'],
  4: ['DT_UINT8', 'int32'],
  7: ['DT_STRING', 'string'],
  8: ['DT_COMPLEX64', 'complex64'],
  9: ['DT_INT64', 'int32'],
  10: ['DT_BOOL', 'bool'],
};

type Fields = Readonly<Record<number, (reader: BinaryReader) => void>>;

/** Reads a message: the fields by number, and no others. */
function read(bytes: Uint8Array, fields: Fields): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (fields[number]) fields[number](reader);
    else reader.skip(type as WireType, number);
  }
}

/** An entry of a map, into `target`. */
function readEntry<T>(bytes: Uint8Array, target: Record<string, T>, valueOf: (bytes: Uint8Array) => T): void {
  let key = '';
  let value: Uint8Array = new Uint8Array();
  read(bytes, { 1: (reader) => (key = reader.string()), 2: (reader) => (value = reader.bytes()) });
  target[key] = valueOf(value);
}

function sizesOf(shape: Uint8Array): number[] {
  const sizes: number[] = [];
  read(shape, {
    2: (reader) => {
      let size = 0;
      read(reader.bytes(), { 1: (dim) => (size = Number(dim.int64())) });
      sizes.push(size);
    },
  });
  return sizes;
}

function tensorInfoOf(bytes: Uint8Array): ModelTensorInfo {
  const info = { name: '', shape: [] as number[] };
  let type = 0;
  read(bytes, {
    1: (reader) => (info.name = reader.string()),
    2: (reader) => (type = reader.int32()),
    3: (reader) => (info.shape = sizesOf(reader.bytes())),
  });
  if (!Object.hasOwn(types, type))
    throw new Error(
      `Unsupported tensor DataType: ${type}, try to modify the model in python to convert the datatype`,
    );
  const [tfDtype, dtype] = types[type];
  return { ...info, dtype, tfDtype };
}

function signatureOf(bytes: Uint8Array): SignatureDefEntry {
  const inputs: Record<string, ModelTensorInfo> = {};
  const outputs: Record<string, ModelTensorInfo> = {};
  read(bytes, {
    1: (reader) => readEntry(reader.bytes(), inputs, tensorInfoOf),
    2: (reader) => readEntry(reader.bytes(), outputs, tensorInfoOf),
  });
  return { inputs, outputs };
}

function metaGraphOf(bytes: Uint8Array): MetaGraph {
  const tags: string[] = [];
  const signatures: Record<string, Uint8Array> = {};
  read(bytes, {
    1: (reader) => read(reader.bytes(), { 4: (info) => tags.push(info.string()) }),
    5: (reader) => readEntry(reader.bytes(), signatures, (value) => value),
  });
  const entries = Object.entries(signatures).filter(([name]) => name !== INIT_OP);
  const signatureDefs = Object.fromEntries(entries.map(([name, value]) => [name, signatureOf(value)]));
  return { tags, signatureDefs: signatureDefs as SignatureDef };
}

/** The graphs of a SavedModel's folder: their tags, and their signatures with names, shapes and types. */
export async function getMetaGraphsFromSavedModel(folder: string): Promise<MetaGraph[]> {
  const file = path.join(folder, 'saved_model.pb');
  let bytes: Uint8Array;
  try {
    bytes = await fs.promises.readFile(file);
  } catch (error) {
    throw new Error(`There is no saved_model.pb file in the directory: ${folder}`, { cause: error });
  }
  const graphs: MetaGraph[] = [];
  try {
    read(bytes, { 2: (reader) => graphs.push(metaGraphOf(reader.bytes())) });
  } catch (error) {
    throw new Error(`${file} is no SavedModel: ${(error as Error).message}`, { cause: error });
  }
  return graphs;
}

const sorted = (list: readonly string[]): string => [...list].sort().join();

/** The signature of the graph that has these tags. */
export function getSignatureDefEntryFromMetaGraphInfo(
  savedModelInfo: MetaGraph[],
  tags: string[],
  signature: string,
): SignatureDefEntry {
  const graph = savedModelInfo.find((each) => sorted(each.tags) === sorted(tags));
  if (!graph) throw new Error(`The SavedModel does not have tags: ${tags.join()}`);
  if (!graph.signatureDefs[signature])
    throw new Error(`The SavedModel does not have signature: ${signature}`);
  return graph.signatureDefs[signature];
}

/** The key that has this value; undefined where none has. */
export function getEnumKeyFromValue(object: Record<string, unknown>, value: number): string | undefined {
  return Object.keys(object).find((key) => object[key] === value);
}

const listed = (infos: Record<string, ModelTensorInfo>): string =>
  Object.entries(infos)
    .map(([name, { dtype, shape }]) => `${name} (${dtype} [${(shape ?? []).join(', ')}])`)
    .join(', ');

/** What tfjs-node gives for a SavedModel. */
export interface TFSavedModel extends InferenceModel {
  dispose(): void;
}

/**
 * Refuses: only TensorFlow runs a SavedModel.
 *
 * @throws Error that says what the signature takes and gives, and how to convert the model.
 */
export async function loadSavedModel(
  folder: string,
  tags = ['serve'],
  signature = 'serving_default',
): Promise<TFSavedModel> {
  const graphs = await getMetaGraphsFromSavedModel(folder);
  const { inputs, outputs } = getSignatureDefEntryFromMetaGraphInfo(graphs, tags, signature);
  throw new Error(`${folder} is a SavedModel whose signature '${signature}' takes ${listed(inputs)} and gives ${listed(outputs)}.
Only TensorFlow runs it. Convert it once, and load what that writes with tf.loadGraphModel('file://${folder}-tfjs/model.json'):

  pip install tensorflowjs
  tensorflowjs_converter --input_format=tf_saved_model --saved_model_tags=${tags.join()} --signature_name=${signature} ${folder} ${folder}-tfjs
`);
}

/** How many SavedModels are loaded: none. */
export function getNumOfSavedModels(): number {
  return 0;
}
