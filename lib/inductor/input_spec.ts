// What a compiled model wants of its inputs. The package has no list of it: it has the source that was compiled, whose own
// checks say it. Those run, too (AOTI_RUNTIME_CHECK_INPUTS), but read sizes without asking for the rank first.
import { TorchError, valueError } from '../core/errors';
import type { DType } from '../core/dtype';
import * as dtypes from '../core/dtype';
import { contiguousFormat, strided } from '../core/layout';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';

/** One dimension: a size that is fixed, or the least and most, and the symbol that the source gives it. */
interface Dimension {
  size?: number;
  least?: number;
  most?: number;
  symbol?: string;
}

export interface InputSpec {
  readonly dtype: DType;
  readonly device: string;
  readonly dimensions: readonly Dimension[];
  /** Those that are fixed, by dimension. */
  readonly strides: ReadonlyMap<number, number>;
}

// c10's names of dtypes, as the source writes them: at::kFloat.
const names: Readonly<Record<string, string>> = {
  ...{
    Float: 'float32',
    Double: 'float64',
    Half: 'float16',
    BFloat16: 'bfloat16',
    Long: 'int64',
    Int: 'int32',
  },
  ...{ Short: 'int16', Char: 'int8', Byte: 'uint8', Bool: 'bool', ComplexFloat: 'complex64' },
  ...{ ComplexDouble: 'complex128', UInt16: 'uint16', UInt32: 'uint32', UInt64: 'uint64' },
  ...{ Float8_e4m3fn: 'float8_e4m3fn', Float8_e5m2: 'float8_e5m2' },
};

const all = <T>(text: string, pattern: RegExp, each: (match: RegExpExecArray) => T): T[] =>
  [...text.matchAll(pattern)].map(each);

/** @throws TorchError where the source does not say it. */
export function readInputSpecs(source: string): InputSpec[] {
  const count = new Set(all(source, /\binputs_info_\[(\d+)\]\.name/g, ([, index]) => index)).size;
  const variables = new Map(
    all(source, /(\w+) = ConstantHandle\(input_handles\[(\d+)\]\)/g, ([, name, index]) => [
      Number(index),
      name,
    ]),
  );
  return Array.from({ length: count }, (_, index) => readInput(source, index, variables.get(index)));
}

function readInput(source: string, index: number, name: string | undefined): InputSpec {
  const [text] = new RegExp(`input_handles\\[${index}\\]: unmatched dtype[^;]*;`).exec(source) ?? [''];
  const dtype = names[/at::k(\w+)/.exec(text)?.[1] ?? ''];
  const type = new RegExp(`\\b${name}_expected_device_type = (\\d+)`).exec(source)?.[1];
  const device = type === '0' ? 'cpu' : type === '1' ? 'cuda' : undefined;
  if (!name || !dtype || !device) {
    throw new TorchError(
      `the package does not say what input ${index} must be, so it cannot be checked: compile it with PyTorch 2.11 or later`,
    );
  }
  const dimensions: Dimension[] = [];
  const at = (dimension: string): Dimension => (dimensions[Number(dimension)] ??= {});
  const match = (pattern: string, set: (match: RegExpExecArray) => void): void =>
    void all(source, new RegExp(pattern, 'g'), set);
  match(`if \\((-?\\d+)L? != ${name}_size\\[(\\d+)\\]\\)`, ([, size, i]) => (at(i).size = Number(size)));
  match(`if \\(${name}_size\\[(\\d+)\\] < (\\d+)`, ([, i, least]) => (at(i).least = Number(least)));
  match(`if \\(${name}_size\\[(\\d+)\\] > (\\d+)`, ([, i, most]) => (at(i).most = Number(most)));
  match(`int64_t (\\w+) = ${name}_size\\[(\\d+)\\];`, ([, symbol, i]) => (at(i).symbol = symbol));
  const strides = new Map<number, number>();
  match(`if \\((\\d+)L? != ${name}_stride\\[(\\d+)\\]\\)`, ([, stride, i]) => {
    strides.set(Number(i), Number(stride));
    at(i);
  });
  return {
    dtype: (dtypes as unknown as Record<string, DType>)[dtype],
    device,
    dimensions: Array.from(dimensions, (one) => one ?? {}),
    strides,
  };
}

/**
 * The inputs as the model may read them: copied where they lie in memory otherwise.
 *
 * @throws TypeError for what is no tensor, or of another dtype; TorchError (ValueError) for other ranks, sizes and devices.
 */
export function checkInputs(specs: readonly InputSpec[], inputs: readonly Tensor[]): Tensor[] {
  if (inputs.length !== specs.length)
    throw valueError(`the model takes ${specs.length} tensors, but ${inputs.length} were given`);
  const symbols = new Map<string, number>();
  const checked = specs.map((spec, index) => checkInput(spec, inputs[index], index, symbols));
  specs.forEach((spec, index) => checkUnnamed(specs, spec, inputs, index));
  return checked;
}

function checkInput(spec: InputSpec, input: Tensor, index: number, symbols: Map<string, number>): Tensor {
  const wrong = (what: string): TorchError => valueError(`input ${index} of the model ${what}`);
  const { dtype, device, dimensions, strides } = spec;
  if (input.dtype !== dtype) throw wrong(`must be of ${dtype}, not ${input.dtype}`);
  if (input.layout !== strided) throw wrong(`must be strided, not ${input.layout}`);
  if (input.device.type !== device) throw wrong(`must be on ${device}, not on ${input.device.type}`);
  const { shape } = input;
  if (shape.length !== dimensions.length)
    throw wrong(`must have ${dimensions.length} dimensions, not ${shape.length}: [${shape.join(', ')}]`);
  dimensions.forEach(({ size, least, most, symbol }, i) => {
    const is = shape[i];
    const say = (expected: string): TorchError => wrong(`must have ${expected} at dimension ${i}, not ${is}`);
    if (size !== undefined && is !== size) throw say(`${size}`);
    if (least !== undefined && is < least) throw say(`${least} or more`);
    if (most !== undefined && is > most) throw say(`${most} or less`);
    if (symbol === undefined) return;
    const other = symbols.get(symbol);
    if (other !== undefined && other !== is) throw say(`${other}, as another input`);
    symbols.set(symbol, is);
  });
  const fits = (tensor: Tensor): boolean =>
    [...strides].every(([i, stride]) => tensor.stride()[i] === stride);
  // Machine code knows nothing of what is conjugated when it is read.
  const values = input.isConj() || input.isNeg() ? aten.resolveNeg(aten.resolveConj(input)) : input;
  if (fits(values)) return values;
  const dense = values.clone({ memoryFormat: contiguousFormat });
  if (fits(dense)) return dense;
  throw wrong(`must have the strides ${[...strides.values()].join(', ')}, not ${input.stride().join(', ')}`);
}

// A size that the source neither fixes nor reads is one that it has from another input: of those that have a symbol and
// the same bounds. Where there are several, it is one of them.
function checkUnnamed(
  specs: readonly InputSpec[],
  spec: InputSpec,
  inputs: readonly Tensor[],
  index: number,
): void {
  spec.dimensions.forEach(({ size, symbol, least, most }, i) => {
    if (size !== undefined || symbol !== undefined) return;
    const sizes = specs.flatMap((other, at) =>
      other.dimensions.flatMap((one, k) =>
        one.symbol !== undefined && one.least === least && one.most === most ? [inputs[at].shape[k]] : [],
      ),
    );
    if (sizes.length === 0 || sizes.includes(inputs[index].shape[i])) return;
    throw valueError(
      `input ${index} of the model must have ${sizes.join(' or ')} at dimension ${i}, not ${inputs[index].shape[i]}`,
    );
  });
}
