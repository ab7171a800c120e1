// Which kernels scaled dot-product attention may take.
import { bindArguments } from '../../core/calls';
import { TorchError, checkFunction } from '../../core/errors';
import { settled } from '../../native/scope';

/** The kernels of attention: `torch.nn.attention.SDPBackend`. On the CPU there are MATH and FLASH_ATTENTION. */
export const SDPBackend = Object.freeze({
  ERROR: -1,
  MATH: 0,
  FLASH_ATTENTION: 1,
  EFFICIENT_ATTENTION: 2,
  CUDNN_ATTENTION: 3,
  OVERRIDEABLE: 4,
} as const);
/** One of {@link SDPBackend}. */
export type SDPBackend = (typeof SDPBackend)[keyof typeof SDPBackend];

const names = Object.keys(SDPBackend);
const known = Object.values(SDPBackend) as readonly unknown[];
let allowed: ReadonlySet<number> | null = null;

/** The kernels that {@link sdpaKernel} allows; null for all. */
export const allowedKernels = (): ReadonlySet<number> | null => allowed;

/**
 * Runs `body` so that `F.scaledDotProductAttention` takes one of these kernels alone: `torch.nn.attention.sdpa_kernel`.
 *
 * Differs from PyTorch: `torch.nn.attention.sdpaKernel` takes a synchronous function instead of a `with` block, has no
 * `setPriority`, and holds for `F.scaledDotProductAttention`, not for the operator of that name.
 *
 * @throws AssertionError for what is no backend; and in `body`, RuntimeError where none of the kernels can be taken.
 *
 * @example
 * const y = sdpaKernel(SDPBackend.MATH, () => F.scaledDotProductAttention(q, k, v));
 */
export function sdpaKernel<T>(...args: [backends: SDPBackend | readonly SDPBackend[], body: () => T]): T {
  const [backends, body] = bindArguments('sdpaKernel(backends, body)', args);
  checkFunction('sdpaKernel', 'body', body);
  const list = Array.isArray(backends) ? (backends as readonly SDPBackend[]) : [backends as SDPBackend];
  const wrong = list.find((one) => !known.includes(one));
  if (wrong !== undefined || list.includes(undefined as never)) {
    throw new TorchError(
      `Backend must be an instance of SDPBackend or a list of SDPBackend instances, got ${String(wrong)}`,
      'AssertionError',
    );
  }
  const before = allowed;
  allowed = new Set(list);
  try {
    return settled('sdpaKernel', body());
  } finally {
    allowed = before;
  }
}

/**
 * Whether to take the kernel without fusion, where `choice` is what libtorch would take if all were allowed.
 *
 * @throws RuntimeError where no kernel is left.
 */
export function takesMath(choice: number, kernels: ReadonlySet<number>, deviceType: string): boolean {
  if (kernels.has(choice)) return false;
  const others = [...kernels].filter((one) => one > SDPBackend.MATH);
  // The CPU has one fused kernel, so it cannot be another one there.
  if (deviceType !== 'cpu' && others.length > 0 && choice > SDPBackend.MATH) {
    throw new TorchError(
      `sdpaKernel(): libtorch prefers ${names[choice + 1]} for this call, and cannot be told here to take ` +
        `${others.map((one) => names[one + 1]).join(' or ')}`,
    );
  }
  if (kernels.has(SDPBackend.MATH)) return true;
  throw new TorchError('No available kernel.  Aborting execution.');
}
