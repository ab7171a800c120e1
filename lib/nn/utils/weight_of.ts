import { valueError, checkText } from '../../core/errors';
import { Tensor } from '../../tensor';
import { ConvNd } from '../layers/conv/conv_base';
import { getField } from '../module/fields';
import type { Module } from '../module/module';
import { isLazy } from '../parameter';

/** The tensor of that name. @throws ValueError when the module has none. */
export function weightOf(module: Module, name: string): Tensor {
  checkText('parametrizations', 'name', name);
  const weight = getField(module, name);
  if (weight instanceof Tensor) return weight;
  throw valueError(`Module '${String(module)}' has no parameter or buffer with name '${name}'`);
}

/** Whether the module is a transposed convolution, whose weight has the outputs second. */
export function isTransposed(module: Module): boolean {
  return module instanceof ConvNd && module.transposed;
}

/** @throws ValueError for the parameter of a lazy module that has no shape yet. */
export function checkInitialized(method: string, kind: string, weight: Tensor): void {
  if (!isLazy(weight)) return;
  throw valueError(
    `The module passed to \`${method}\` can't have uninitialized parameters. Make sure to run the dummy ` +
      `forward before applying ${kind} normalization`,
  );
}
