// A custom operation in a program that is exported: the operators that its forward calls, without its backward.
import { Tensor } from '../tensor';
import * as aten from '../tensor/aten';
import { FunctionContext } from './function_context';
import { type FunctionRules, isNewStyle } from './function_rules';
import { isGradEnabled } from './mode';

/** Runs `forward`. An argument that it returns is a view of itself, as in Python's programs. */
export function traceFunction(rules: FunctionRules, args: readonly unknown[]): unknown {
  const hasGrad = isGradEnabled();
  const needs = args.map((arg) => hasGrad && arg instanceof Tensor && arg.requiresGrad);
  const context = new FunctionContext(null, needs);
  const newStyle = isNewStyle(rules);
  const returned = newStyle ? rules.forward(...args) : rules.forward(context, ...args);
  if (newStyle) rules.setupContext(context, [...args], returned);
  const inputs = args.filter((arg): arg is Tensor => arg instanceof Tensor);
  const one = (output: unknown): unknown => {
    if (!(output instanceof Tensor) || context.marks.dirty.some((dirty) => dirty.is(output))) return output;
    return inputs.some((input) => input.is(output)) ? aten.viewAs(output, output) : output;
  };
  return Array.isArray(returned) ? returned.map(one) : one(returned);
}
