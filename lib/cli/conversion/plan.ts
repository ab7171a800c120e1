// Which tensors a conversion writes, under which names and as what.
import { type DType, asDType } from '../../core/dtype';
import { isTensor } from '../../native/tensor_base';
import type { StateDict } from '../../nn/module/state_dict';
import { defineMetadata } from '../../nn/module/state_dict';
import { renameKeys, underPrefix } from '../../serialization/keys';
import { PlannedTensor } from '../../serialization/planned';
import type { Tensor } from '../../tensor';
import { UsageError } from '../arguments';
import { countBeyond } from './beyond';
import type { Values } from './source';

export interface Changes {
  readonly prefix?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly rename?: readonly string[];
  readonly dtype?: readonly string[];
}

export interface Row {
  /** The name in the file that is read. */
  readonly source: string;
  /** A tensor; in .pt files also what is none. */
  readonly value: unknown;
  /** Its dtype before the conversion. */
  readonly from: DType | null;
}

/** Is told what happens when tensors are read. */
export interface Listener {
  warn(text: string): void;
  read(bytes: number): void;
}

/** Rows by the names that they get. */
export type Plan = Map<string, Row> & Pick<StateDict, '_metadata'>;

/** Patterns look at the names in the file, below `prefix`; the last `dtype` that fits a tensor counts. */
export function makePlan(values: Values, changes: Changes, listener: Listener): Plan {
  const { prefix = '', include = [], exclude = [], rename = [], dtype = [] } = changes;
  const wanted = include.map((text) => pattern('include', text));
  const unwanted = exclude.map((text) => pattern('exclude', text));
  const casts = dtype.map(parseCast);
  const pairs = rename.map((text) => {
    const [from, to] = halves('rename', text);
    return [pattern('rename', from), to] as const;
  });
  const below = underPrefix(named(values, values), prefix) as unknown as Plan;
  const done: Done = new Map();
  const chosen: Plan = new Map();
  for (const [name, row] of below) {
    const isWanted = wanted.length === 0 || wanted.some((each) => matches(each, name));
    if (!isWanted || unwanted.some((each) => matches(each, name))) continue;
    chosen.set(name, castRow(name, row, casts, done, listener));
  }
  if (chosen.size === 0) throw new UsageError('none of its tensors is chosen');
  const renamed = renameKeys(withMetadata(chosen, below._metadata), pairs) as unknown as Plan;
  if (renamed.has('')) throw new UsageError(`'${renamed.get('')!.source}' would have no name`);
  return renamed;
}

// In the form that the functions for names take.
function named(values: Values, { _metadata }: Values): StateDict {
  const rows = [...values].map(([source, value]): [string, Row] => [
    source,
    { source, value, from: value instanceof PlannedTensor || isTensor(value) ? value.dtype : null },
  ]);
  return withMetadata(new Map(rows), _metadata);
}

function withMetadata(rows: Map<string, Row>, metadata: StateDict['_metadata']): StateDict {
  const state = rows as unknown as StateDict;
  return metadata ? defineMetadata(state, metadata) : state;
}

interface Cast {
  readonly pattern: RegExp | null;
  readonly dtype: DType;
}

/** What a tensor became: one that has several names is cast once. */
type Done = Map<PlannedTensor, Map<DType, PlannedTensor>>;

function castRow(name: string, row: Row, casts: readonly Cast[], done: Done, listener: Listener): Row {
  const { value, from } = row;
  const cast = casts.findLast((each) => (each.pattern ? matches(each.pattern, name) : from?.isFloatingPoint));
  const dtype = cast?.dtype ?? from;
  if (from === null || dtype === null) return row;
  if (!(value instanceof PlannedTensor)) {
    if (dtype === from) return row;
    throw new UsageError(
      `'${name}' is a ${(value as Tensor).layout} ${from} tensor, which --dtype cannot cast`,
    );
  }
  if (from.isComplex && !dtype.isComplex) {
    throw new UsageError(`'${name}' is complex: as ${dtype} it would lose its imaginary parts`);
  }
  const known = done.get(value) ?? new Map<DType, PlannedTensor>();
  done.set(value, known);
  const made = known.get(dtype) ?? castTo(name, value, dtype, listener);
  known.set(dtype, made);
  return { ...row, value: made };
}

function castTo(name: string, given: PlannedTensor, dtype: DType, { warn, read }: Listener): PlannedTensor {
  const plan = new PlannedTensor(dtype, given.shape, () => {
    const before = given.read();
    read(plan.nbytes);
    if (dtype === given.dtype) return before;
    const after = before.to(dtype);
    const beyond = countBeyond(before, after);
    if (beyond > 0) warn(`${name}: ${beyond} of its numbers are beyond ${dtype.name}`);
    before.dispose();
    return after;
  });
  return plan;
}

function parseCast(text: string): Cast {
  const [from, name] = text.includes('=') ? halves('dtype', text) : [null, text];
  const dtype = asDType(name);
  if (!dtype || dtype.kind === 'quantized' || dtype.kind === 'bits' || dtype.name === 'float4_e2m1fn_x2') {
    throw new UsageError(`--dtype: '${name}' is no dtype that a tensor can be cast to`);
  }
  if (from === null && !dtype.isFloatingPoint) {
    throw new UsageError(`--dtype ${name} casts floating-point tensors: say which others, 'PATTERN=${name}'`);
  }
  return { pattern: from === null ? null : pattern('dtype', from), dtype };
}

/** At the last `=`: a pattern may have others. */
function halves(option: string, text: string): [string, string] {
  const at = text.lastIndexOf('=');
  if (at < 0) throw new UsageError(`--${option} needs a '=': '${text}'`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function pattern(option: string, text: string): RegExp {
  try {
    return new RegExp(text, 'g');
  } catch (error) {
    throw new UsageError(`--${option}: ${(error as Error).message}`, { cause: error });
  }
}

// Without the place that a global pattern remembers.
const matches = (each: RegExp, name: string): boolean => name.search(each) >= 0;
