/** A tensor as text, the same as Python's `repr`. */
import { operator, wrap } from '../../native/dispatch';
import { noGrad } from '../../autograd/mode';
import { complex128, complex64, float64, bool, dtypeOfCode, int64 } from '../../core/dtype';
import { type Layout, sparseBsc, sparseBsr, sparseCsc, sparseCsr, strided } from '../../core/layout';
import { tidy } from '../memory';
import { native } from '../../native';
import { Scope, within } from '../../native/scope';
import { contents } from './contents';
import { shortest } from './number';
import { options } from './options';
import type { Tensor } from '..';

const indicesOf = operator('aten::_indices');
const valuesOf = operator('aten::_values');
const nnzOf = operator('aten::_nnz');

export {
  type PrintOptions,
  type PrintProfile,
  getPrintoptions,
  printoptions,
  setPrintoptions,
} from './options';

const PREFIX = 'tensor(';

/** What stands between the brackets: the values, then `name=value` remarks. */
interface Body {
  prefix?: string;
  text: string;
  remarks: string[];
}

/** What Python's `repr` of the tensor is. */
export function formatTensor(tensor: Tensor): string {
  return tidy(() => {
    const inside = native.transformOf(tensor);
    if (inside) return formatInside(...inside);
    const { prefix = PREFIX, text, remarks } = isNested(tensor) ? nested(tensor) : bodyOf(tensor);
    if (tensor.device.type !== 'cpu') remarks.unshift(`device='${tensor.device}'`);
    if (tensor.layout !== strided) remarks.push(`layout=${tensor.layout}`);
    const history = historyOf(tensor);
    if (history) remarks.push(history);
    return append(prefix + text, remarks, prefix.length, tensor.isSparse);
  });
}

// A tensor of torch.func's levels, around the one that it stands for.
function formatInside(level: number, dim: number | null, value: unknown): string {
  const inner = within('repr', Scope.suspended, () => formatTensor(wrap(value) as Tensor), true);
  const text = inner.replace(/^/gm, '    ');
  if (dim === null) return `GradTrackingTensor(lvl=${level}, value=\n${text}\n)`;
  return `BatchedTensor(lvl=${level}, bdim=${dim}, value=\n${text}\n)`;
}

/** Adds the remarks, each on the line it fits on. */
function append(start: string, remarks: readonly string[], indent: number, newline: boolean): string {
  let text = start;
  let column = start.length - start.lastIndexOf('\n') + 1; // one past its real value, as in PyTorch
  remarks.forEach((remark, i) => {
    if ((newline && i === 0) || column + remark.length + 2 > options.linewidth) {
      text += `,\n${' '.repeat(indent)}${remark}`;
      column = indent + remark.length;
    } else {
      text += `, ${remark}`;
      column += remark.length + 2;
    }
  });
  return `${text})`;
}

function bodyOf(tensor: Tensor): Body {
  if (tensor.isSparse) {
    return sparse(tensor, [
      ['indices', () => indicesOf(tensor) as Tensor],
      ['values', () => valuesOf(tensor) as Tensor],
    ]);
  }
  const names = compressed.get(tensor.layout);
  if (names) {
    const rows = names[0] === 'crow_indices';
    return sparse(tensor, [
      [names[0], () => (rows ? tensor.crowIndices() : tensor.ccolIndices())],
      [names[1], () => (rows ? tensor.colIndices() : tensor.rowIndices())],
      ['values', () => tensor.values()],
    ]);
  }
  return tensor.dtype.kind === 'quantized' ? quantized(tensor) : dense(tensor);
}

/** Tensors of different sizes in one; they have no shape of their own. */
export function isNested(tensor: Tensor): boolean {
  try {
    return tensor.shape === undefined;
  } catch {
    return true;
  }
}

function nested(tensor: Tensor): Body {
  const parts = noGrad(() => tensor.unbind()).map((part) => formatTensor(part).replace(/^/gm, '  '));
  return { prefix: 'nested_tensor(', text: `[\n${parts.join(',\n')}\n]`, remarks: [] };
}

function dense(tensor: Tensor): Body {
  const remarks: string[] = [];
  const known = tensor.dtype === dtypeOfCode(native.getDefaultDtype());
  if (tensor.isMeta) {
    remarks.push(sizeOf(tensor));
    if (!known) remarks.push(dtypeOf(tensor));
    return { text: '...', remarks };
  }
  if (tensor.numel() === 0) {
    // No element tells the dtype, so int64 and bool are named too.
    if (tensor.dim() !== 1) remarks.push(sizeOf(tensor));
    if (!known) remarks.push(dtypeOf(tensor));
    return { text: '[]', remarks };
  }
  if (options.edgeitems === 0) remarks.push(sizeOf(tensor));
  if (!isTold(tensor)) remarks.push(dtypeOf(tensor));
  const values = tensor.layout === strided ? tensor : tensor.detach().toDense();
  return { text: contents(values, PREFIX.length), remarks };
}

const compressed = new Map<Layout, readonly [string, string]>([
  [sparseCsr, ['crow_indices', 'col_indices']],
  [sparseBsr, ['crow_indices', 'col_indices']],
  [sparseCsc, ['ccol_indices', 'row_indices']],
  [sparseBsc, ['ccol_indices', 'row_indices']],
]);

/** A tensor that is made of others, such as indices and values. */
function sparse(tensor: Tensor, parts: readonly [name: string, part: () => Tensor][]): Body {
  const remarks = [sizeOf(tensor)];
  if (!tensor.isMeta) remarks.push(`nnz=${String(nnzOf(tensor))}`);
  if (!isTold(tensor)) remarks.push(dtypeOf(tensor));
  const texts = parts.map(([name, part]) => {
    const start = `${name}=${PREFIX}`;
    const inner = part().detach();
    const values = tensor.isMeta ? '...' : contents(inner, PREFIX.length + start.length);
    return `${start}${values}${tensor.isMeta || inner.numel() === 0 ? `, ${sizeOf(inner)}` : ''})`;
  });
  return { text: texts.join(`,\n${' '.repeat(PREFIX.length)}`), remarks };
}

// By the number of c10::QScheme.
const schemes = [
  'per_tensor_affine',
  'per_channel_affine',
  'per_tensor_symmetric',
  'per_channel_symmetric',
  'per_channel_affine_float_qparams',
];

/** The name of a quantized tensor's scheme: `'per_tensor_affine'`. */
export function schemeOf(tensor: Tensor): string {
  return schemes[tensor.qscheme()];
}

function quantized(tensor: Tensor): Body {
  const scheme = schemeOf(tensor);
  const remarks = [sizeOf(tensor), dtypeOf(tensor), `quantization_scheme=torch.${scheme}`];
  if (scheme.startsWith('per_tensor')) {
    remarks.push(`scale=${shortest(tensor.qScale())}`, `zero_point=${tensor.qZeroPoint()}`);
  } else {
    remarks.push(
      `scale=${formatTensor(tensor.qPerChannelScales())}`,
      `zero_point=${formatTensor(tensor.qPerChannelZeroPoints())}`,
      `axis=${tensor.qPerChannelAxis()}`,
    );
  }
  return { text: contents(tensor.detach().dequantize(), PREFIX.length), remarks };
}

/** Where the tensor comes from, if a gradient can flow back there. */
function historyOf(tensor: Tensor): string | null {
  let name: string | undefined;
  try {
    name = tensor.gradFn?.name.split('::').at(-1);
  } catch {
    name = 'Invalid'; // a view made and changed under noGrad has no node to show
  }
  if (name !== undefined) return `grad_fn=<${name}>`;
  return tensor.requiresGrad ? 'requires_grad=True' : null;
}

/** Whether the values alone tell the dtype. */
function isTold({ dtype }: Tensor): boolean {
  const real = dtypeOfCode(native.getDefaultDtype());
  return [real, real === float64 ? complex128 : complex64, int64, bool].includes(dtype);
}

function sizeOf({ shape }: Tensor): string {
  return `size=(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
}

function dtypeOf({ dtype }: Tensor): string {
  return `dtype=${dtype}`;
}
