// Small programs, written down: `program(['x'], [['y', 'aten.relu.default', 'x']], ['y'])`.
import { Program } from '../../lib/native/program';
import type { ProgramArgument, ProgramDescription, ProgramNode } from '../../typings/native';

/** A name of a value, or a constant. */
export type Written = unknown;
export type Line = [results: string, operator: string, ...args: Written[]];

export function program(inputs: string[], lines: Line[], outputs: string[]): ProgramDescription {
  const slots = new Map(inputs.map((name, i) => [name, i]));
  const argument = (one: Written): ProgramArgument => {
    if (typeof one === 'string' && slots.has(one)) return { slot: slots.get(one)! };
    if (Array.isArray(one) && one.some((item) => typeof item === 'string'))
      return { list: one.map(argument) };
    return typeof one === 'number' && !Number.isInteger(one) ? { float: one } : { constant: one };
  };
  const nodes = lines.map(([results, operator, ...args]): ProgramNode => {
    const given = args.map(argument);
    const made = results.split(' ').map((name) => {
      if (name === '_') return null;
      slots.set(name, slots.size);
      return slots.get(name)!;
    });
    return { name: results, operator: `torch.ops.${operator}`, arguments: given, outputs: made };
  });
  return { slots: slots.size, inputs: inputs.map((_, i) => i), nodes, outputs: outputs.map(argument) };
}

export const run = (description: ProgramDescription, inputs: unknown[]): unknown[] =>
  new Program(description).run(inputs);
