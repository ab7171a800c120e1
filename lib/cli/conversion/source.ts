// What a conversion reads: names, and tensors that are made when they are asked for.
import path from 'node:path';
import { NpzFile } from '../../io/npz';
import { asDType } from '../../core/dtype';
import { isTensor } from '../../native/tensor_base';
import { defineMetadata, type StateDict } from '../../nn/module/state_dict';
import { type Format, findFormat } from '../../serialization/format';
import { fileSource } from '../../serialization/io/source';
import { load } from '../../serialization/load';
import { PlannedTensor } from '../../serialization/planned';
import { findSharedTensors } from '../../serialization/safetensors/shared';
import { readCheckpoint, readIndex } from '../../serialization/safetensors/sharded_index';
import { safeOpen } from '../../serialization/safetensors/open';
import { stateDictIn } from '../../serialization/state_dict_in';
import type { Tensor } from '../../tensor';
import { isNested } from '../../tensor/print';
import { archiveKind } from '../archive';
import { UsageError } from '../arguments';
import { describe } from '../describe';
import { loadWhole } from '../pickle';

/** The values of a state_dict: a {@link PlannedTensor} for what is plain, names that show the same share one. */
export type Values = Map<string, unknown> & Pick<StateDict, '_metadata'>;

export interface TensorSource {
  readonly format: Format | 'npz';
  readonly values: Values;
  readonly metadata: Readonly<Record<string, string>>;
  close(): void;
}

export interface SourceOptions {
  /** Which entry of a .pt file. */
  readonly key?: string;
  /** Whether to take all tensors of a .pt file by their paths. */
  readonly tensors?: boolean;
}

/** Opens what `target` names: nothing but .pt files of before PyTorch 1.6 is read whole. */
export function openTensors(target: string, options: SourceOptions = {}): TensorSource {
  return readCheckpoint(target, (found) => {
    const { file, format } = findFormat(found);
    if (format === 'pt' && archiveKind(file) !== 'npz') {
      return { format, metadata: {}, ...openPickled(file, options) };
    }
    if (options.key !== undefined || options.tensors) {
      throw new UsageError(`--key and --tensors are for .pt files, and '${file}' holds nothing but tensors`);
    }
    if (format === 'pt') return openNpz(file);
    return format === 'index' ? openShards(file) : openSafetensors(file);
  });
}

function openNpz(file: string): TensorSource {
  const source = fileSource(file, false);
  try {
    const npz = new NpzFile(source);
    const values = npz.names.map((name): [string, PlannedTensor] => {
      const { dtype, shape } = npz.describe(name);
      return [name, new PlannedTensor(dtype, shape, () => npz.read(name))];
    });
    return { format: 'npz', metadata: {}, values: new Map(values), close: () => source.close() };
  } catch (error) {
    source.close();
    throw error;
  }
}

function openSafetensors(file: string): TensorSource {
  const opened = safeOpen(file, { backend: 'pread' });
  const values = describe(file).tensors.map(({ name, dtype: label, shape }): [string, PlannedTensor] => {
    const dtype = asDType(label);
    if (!dtype) throw new Error(`'${name}' is of type ${label}, which no tensor has (${file})`);
    return [name, new PlannedTensor(dtype, shape, () => opened.getTensor(name))];
  });
  const close = (): void => opened.close();
  return { format: 'safetensors', metadata: opened.metadata() ?? {}, values: new Map(values), close };
}

function openShards(file: string): TensorSource {
  const { folder, shards, metadata } = readIndex(file);
  const closers: (() => void)[] = [];
  const close = (): void => closers.forEach((each) => each());
  const values: Values = new Map();
  try {
    for (const [shard, names] of shards) {
      const target = path.join(folder, shard);
      const part = shard.endsWith('.safetensors') ? openSafetensors(target) : openPickled(target, {});
      closers.push(part.close);
      for (const name of names) {
        if (!part.values.has(name)) throw new Error(`'${shard}' lacks what its index promises: ${name}`);
        values.set(name, part.values.get(name));
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  const texts = Object.entries(metadata).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { format: 'index', metadata: Object.fromEntries(texts), values, close };
}

function openPickled(file: string, { key, tensors }: SourceOptions): Pick<TensorSource, 'values' | 'close'> {
  const whole =
    tensors || archiveKind(file) === 'script'
      ? load(file, { tensorsOnly: true, mapLocation: 'cpu' })
      : loadWhole(file);
  const state = stateDictIn(whole, key, file);
  return { values: planAll(state), close: () => {} };
}

// Names that show the same numbers in the same way share a plan, so that they stay one where a format can say so.
function planAll(state: StateDict): Values {
  const plans = new Map<string, PlannedTensor>();
  const plain = new Map([...state].filter(([, value]) => isPlain(value)));
  for (const [name, tensor] of plain) {
    plans.set(name, new PlannedTensor(tensor.dtype, tensor.shape, () => tensor.detach()));
  }
  for (const [first, ...others] of findSharedTensors(plain)) {
    for (const name of others) {
      if (isSameView(plain.get(name)!, plain.get(first)!)) plans.set(name, plans.get(first)!);
    }
  }
  const values: Values = new Map([...state].map(([name, value]) => [name, plans.get(name) ?? value]));
  return state._metadata ? (defineMetadata(values as StateDict, state._metadata) as Values) : values;
}

const isPlain = (value: unknown): value is Tensor =>
  isTensor(value) &&
  value.layout.name === 'strided' &&
  value.dtype.kind !== 'quantized' &&
  !isNested(value as Tensor);

const isSameView = (a: Tensor, b: Tensor): boolean =>
  a.dtype === b.dtype &&
  a.dataPtr() === b.dataPtr() &&
  String(a.shape) === String(b.shape) &&
  String(a.stride()) === String(b.stride());
