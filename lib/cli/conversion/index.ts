// A conversion from beginning to end.
import { findFormat } from '../../serialization/format';
import { writePickled } from '../../serialization/save';
import { fileSink } from '../../serialization/io/sink';
import { archiveKind } from '../archive';
import { UsageError } from '../arguments';
import { describe } from '../describe';
import { loadWhole } from '../pickle';
import { type Changes, makePlan } from './plan';
import { progress } from './progress';
import { type SourceOptions, openTensors } from './source';
import { type Layout, type Target, lay, targetOf, write, writeChecked } from './target';
import { verify, verifyWhole } from './verify';

export { VerifyError } from './verify';

export interface ConvertOptions extends SourceOptions, Changes {
  readonly maxShardSize?: string;
  readonly isDry: boolean;
  readonly isForced: boolean;
}

export interface ConvertedTensor {
  readonly name: string;
  /** Its name in the file that was read. */
  readonly source: string;
  readonly from: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** The file of a sharded checkpoint, counted from 1. */
  readonly shard?: number;
}

export interface Conversion {
  readonly tensors: readonly ConvertedTensor[];
  /** Names that are left out, and those that stand for them. */
  readonly shared: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** None of a dry run. */
  readonly files: readonly string[];
}

export function convertFile(from: string, to: string, options: ConvertOptions): Conversion {
  const target = targetOf(to, options.isForced);
  if (target.kind !== 'sharded' && options.maxShardSize !== undefined) {
    throw new UsageError('--max-shard-size is for a folder; end its name with /');
  }
  const whole = wholeFile(from, target, options);
  return whole === null ? convertTensors(from, target, options) : copyWhole(whole, to, options);
}

/** The .pt file that is copied with all that is in it; null where tensors are taken out of it. */
function wholeFile(from: string, { kind }: Target, options: ConvertOptions): string | null {
  const { key, tensors, prefix, include, exclude, rename, dtype } = options;
  const asked = [key, tensors, prefix, include, exclude, rename, dtype].some((each) => each !== undefined);
  if (kind !== 'pt' || asked) return null;
  const { file, format } = findFormat(from);
  return format === 'pt' && archiveKind(file) === null ? file : null;
}

function convertTensors(from: string, target: Target, options: ConvertOptions): Conversion {
  const source = openTensors(from, options);
  const warnings = new Set<string>();
  let doing = 'writing';
  let advance: (bytes: number) => void = () => {};
  try {
    const plan = makePlan(source.values, options, {
      warn: (text) => void warnings.add(text),
      read: (bytes) => advance(bytes),
    });
    const layout = lay(plan, target, source.metadata, options.maxShardSize ?? '5GB');
    const result = { tensors: rowsOf(layout, plan), shared: Object.fromEntries(layout.shared) };
    if (options.isDry) return { ...result, warnings: [], files: [] };
    // Each is read to be written, and once more to be compared.
    const shown = progress(2 * result.tensors.reduce((sum, { bytes }) => sum + bytes, 0));
    advance = (bytes) => shown.advance(doing, bytes);
    try {
      const files = write(plan, target, layout, (file, names) => {
        doing = 'verifying';
        verify(file, new Map(names.map((name) => [name, layout.tensors.get(name)!])));
        doing = 'writing';
      });
      return { ...result, warnings: [...warnings], files };
    } finally {
      shown.stop();
    }
  } finally {
    source.close();
  }
}

function rowsOf({ tensors, shards }: Layout, plan: Parameters<typeof write>[0]): ConvertedTensor[] {
  const places = new Map(shards.flatMap((names, i) => names.map((name) => [name, i + 1] as const)));
  return [...tensors].map(([name, { dtype, shape, nbytes }]) => {
    const { source, from } = plan.get(name)!;
    const place = shards.length > 1 ? { shard: places.get(name) } : {};
    return { name, source, from: from!.name, dtype: dtype.name, shape, bytes: nbytes, ...place };
  });
}

function copyWhole(from: string, to: string, { isDry }: ConvertOptions): Conversion {
  const tensors = describe(from).tensors.map(({ name, dtype, shape, bytes }): ConvertedTensor => ({
    name,
    source: name,
    from: dtype,
    dtype,
    shape,
    bytes,
  }));
  const result = { tensors, shared: {}, warnings: [] };
  if (isDry) return { ...result, files: [] };
  const value = loadWhole(from);
  writeChecked(
    to,
    ({ fd }) => writePickled(fileSink(fd), value),
    (file) => verifyWhole(file, value),
  );
  return { ...result, files: [to] };
}
