// What something is, and a choice by a tensor.
import { bindArguments } from '../../core/calls';
import { TorchError, checkFunction } from '../../core/errors';
import { isTensor } from '../../native/tensor_base';
import { scalarType } from '../as_array';
import type { Tensor } from '..';

/**
 * The name of a tensor's type, as Python's old tensor types are called, or of a class or an object's class:
 * `torch.typename`.
 *
 * @example
 * torch.typename(torch.ones([2])); // 'torch.FloatTensor'
 */
export function typename(...args: [obj: unknown]): string {
  const [obj] = bindArguments('typename(obj{})', args);
  if (isTensor(obj)) return `torch.${prefixOf(obj)}${scalarType(obj.dtype)}Tensor`;
  if (typeof obj === 'function') return obj.name;
  return obj === null || obj === undefined ? String(obj) : ((obj as object).constructor?.name ?? typeof obj);
}

function prefixOf({ device, layout }: Tensor): string {
  const place = device.type === 'cpu' ? '' : `${device.type}.`;
  if (layout.name === 'sparse_coo') return `${place}sparse.`;
  return layout.name.startsWith('sparse_') ? `${place}${layout.name}.` : place;
}

/**
 * Runs `trueFn` or `falseFn` with `operands`, as `pred` says: `torch.cond`. It is plain control flow here, for programs that
 * are exported from Python's.
 *
 * @throws RuntimeError for a tensor of several elements.
 */
export function cond<A extends readonly unknown[], R>(
  ...args: [
    pred: boolean | Tensor,
    trueFn: (...operands: A) => R,
    falseFn: (...operands: A) => R,
    operands?: A,
  ]
): R {
  const [pred, trueFn, falseFn, operands = []] = bindArguments(
    'cond(pred, trueFn, falseFn, operands?)',
    args,
  );
  checkFunction('cond', 'trueFn', trueFn);
  checkFunction('cond', 'falseFn', falseFn);
  if (isTensor(pred) ? pred.numel() !== 1 : typeof pred !== 'boolean')
    throw new TorchError(`Expected pred to be bool or single-element tensor, but got ${String(pred)}.`);
  const isTrue = isTensor(pred) ? pred.isNonzero() : pred;
  return (isTrue ? trueFn : falseFn)(...(operands as A));
}
