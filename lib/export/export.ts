/** torch.export.export: a module of TypeScript as a program. */
import { argumentError } from '../core/errors';
import { value } from '../core/kinds';
import { isPlainObject } from '../core/realm';
import { type Call, signature } from '../core/signature';
import { Module } from '../nn';
import type { DynamicShapes } from './dynamic/shapes';
import { exportCall } from './exporter';
import type { ExportedProgram } from './program';

/** Options of {@link export_ torch.export.export}. */
export interface ExportOptions {
  /** Arguments that `forward` takes by name, in an object that comes last. Default: none. */
  kwargs?: Record<string, unknown> | null;
  /**
   * Sizes that a program leaves open, nested as the arguments are; of a tensor an object by dimension, or an array with an
   * entry for each: `{ x: { 0: Dim('batch') } }`. Default: null, every size is fixed.
   */
  dynamicShapes?: DynamicShapes | null;
  /** Has no effect: there is one way to look at a function of JavaScript, which runs it. Default: false. */
  strict?: boolean;
  /**
   * Paths of modules within the module that Python's `torch.export.unflatten` calls as they were called here:
   * `['encoder.first']`. Default: none.
   */
  preserveModuleCallSignature?: readonly string[];
}

const EXPORT = signature(
  'torch.export.export',
  [value<Module>()('module'), value<readonly unknown[]>()('args')],
  {
    kwargs: null,
    dynamicShapes: null,
    strict: false,
    preserveModuleCallSignature: [],
  } as Required<ExportOptions>,
  ['kwargs'],
);

/**
 * Runs a module and gives what it did as a program: a graph of operators with the module's state, which
 * `torch.export.save` writes for Python. Shapes, numbers and the training mode are part of it. The module's state and the
 * generator are as before.
 *
 * `args` are the arguments of `forward`. Arrays in them and in its result are tuples in Python, plain objects and Maps dicts.
 *
 * With `dynamicShapes` the module runs at several sizes. What is then another number each time becomes an expression of the
 * sizes: sums, products and floored quotients of them.
 *
 * @throws TorchError, with the line, where `forward` does what a program cannot follow: `item()` and other reads of numbers;
 * where it assigns a parameter or buffer (write to it in place); where sizes decide what it does, or a number is no such
 * expression of them (UserError).
 *
 * @example
 * const program = torch.export.export(model.eval(), [torch.randn([1, 8])]);
 * torch.export.save(program, 'model.pt2');
 */
export function export_(
  ...args: Call<typeof EXPORT, [module: Module, args: readonly unknown[]], [kwargs: ExportOptions['kwargs']]>
): ExportedProgram {
  const [module, given, { kwargs, dynamicShapes, preserveModuleCallSignature: preserved }] =
    EXPORT.bind(args);
  if (!(module instanceof Module))
    throw argumentError('torch.export.export', 'module', 'an nn.Module', module);
  if (!Array.isArray(given)) throw argumentError('torch.export.export', 'args', 'an array', given);
  if (kwargs !== null && !isPlainObject(kwargs)) {
    throw argumentError('torch.export.export', 'kwargs', 'a plain object', kwargs);
  }
  if (dynamicShapes !== null && !Array.isArray(dynamicShapes) && !isPlainObject(dynamicShapes)) {
    throw argumentError('torch.export.export', 'dynamicShapes', 'an object or an array', dynamicShapes);
  }
  if (!Array.isArray(preserved) || !preserved.every((path) => typeof path === 'string' && path !== '')) {
    throw argumentError('torch.export.export', 'preserveModuleCallSignature', 'an array of paths', preserved);
  }
  return exportCall({ module, args: given, kwargs: kwargs ?? {}, preserved }, dynamicShapes);
}
