// The formulas by operator.
import { TorchError, argumentError, valueError } from '../../core/errors';
import { callable, value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { type FlopFormula, formulas, rawFormulas } from './formulas';

/** A formula, and whether it gets the tensors themselves. */
export interface RegisteredFormula {
  readonly formula: FlopFormula;
  readonly getRaw: boolean;
}

/** The formulas of all operators that are counted, by name: `'aten.mm'`. */
export const flopRegistry = new Map<string, RegisteredFormula>([
  ...formulas.map(([name, formula]) => [name, { formula, getRaw: false }] as const),
  ...rawFormulas.map(([name, formula]) => [name, { formula, getRaw: true }] as const),
]);

const REGISTER = signature(
  'registerFlopFormula',
  [value<string | readonly string[]>()('targets'), callable<FlopFormula>()('flopFormula')],
  { getRaw: false },
  [],
);

/** @throws ValueError unless it names an operator: `'mylib.foo'`. */
export function checkTarget(target: unknown): asserts target is string {
  if (typeof target === 'string' && /^\w+\.\w+$/.test(target)) return;
  throw valueError(
    "register_flop_formula(targets): expected each target to be the name of an operator, such as 'mylib.foo', got " +
      String(target),
  );
}

/**
 * Has {@link FlopCounterMode} count an operator of a library, or several by one formula.
 *
 * Differs from PyTorch: `torch.utils.flopCounter.registerFlopFormula` takes the names of operators and the formula, which gets
 * the arguments of a call as one list; Python's decorates a function of those arguments.
 *
 * @example
 * registerFlopFormula('mylib.scaled', ([shape]) => (shape as number[]).reduce((a, b) => a * b, 1));
 * @throws ValueError for what names no operator, RuntimeError where there is a formula already.
 */
export function registerFlopFormula(
  ...args: Call<
    typeof REGISTER,
    [targets: string | readonly string[], flopFormula: FlopFormula],
    [getRaw: boolean]
  >
): FlopFormula {
  const [targets, formula, { getRaw }] = REGISTER.bind(args);
  if (typeof formula !== 'function') {
    throw argumentError('registerFlopFormula', 'flopFormula', 'a function', formula);
  }
  for (const target of Array.isArray(targets) ? targets : [targets]) {
    checkTarget(target);
    if (flopRegistry.has(target)) throw new TorchError(`duplicate registrations for ${target}`);
    flopRegistry.set(target, { formula, getRaw });
  }
  return formula;
}
