// The nodes of a recording with those of its control flow as graphs.
import { TorchError } from '../core/errors';
import type { Expression } from './expression';
import type { RegionNumbers, TracedRegion } from './control';
import type { TracedArgument, TracedNode } from './dynamic/merge';

/** A graph of a region. */
export interface Nested {
  readonly steps: readonly Step[];
  readonly outputs: readonly number[];
}

/** Control flow, with every value in a slot. */
export interface RegionStep extends RegionNumbers {
  /** The number of its first node. */
  readonly node: number;
  /** What is carried, and slices, as its graphs see them. */
  readonly fresh: readonly number[];
  readonly bodies: readonly Nested[];
}

export type Step = TracedNode | RegionStep;

export const isRegion = (step: Step): step is RegionStep => 'bodies' in step;

/** The number of each node in the recording; what was lifted for a node comes before it. */
export function numbersOf(nodes: readonly { readonly name: string }[]): number[] {
  let number = Infinity;
  return [...nodes]
    .reverse()
    .map(({ name }) => {
      if (/^\d+$/.test(name)) number = Number(name);
      return number;
    })
    .reverse();
}

/** Copies of what JavaScript gave are made once, outside of all graphs. */
export const isLift = ({ name }: { readonly name: string }): boolean => name === 'lift';

/** `regions` are in the order in which they ended. */
export function nested(nodes: readonly TracedNode[], regions: readonly TracedRegion[]): Step[] {
  const numbers = numbersOf(nodes);
  const byNumber = new Map(nodes.flatMap((node, i) => (isLift(node) ? [] : [[numbers[i], node] as const])));
  const argument = (number: number): number => slotOf(byNumber.get(number)!.arguments[0]);
  const result = (number: number): number => byNumber.get(number)!.outputs[0] as number;

  const within = (start: number, end: number): Step[] => {
    const steps: Step[] = [];
    for (let at = start; at < end; at++) {
      const region = regions.find((one) => one.start === at);
      if (region) {
        steps.push(stepOf(region));
        at = region.end - 1;
      } else if (byNumber.has(at)) steps.push(byNumber.get(at)!);
    }
    return steps;
  };
  const stepOf = (region: TracedRegion): RegionStep => ({
    operator: region.operator,
    node: region.start,
    pred: region.pred.map(argument),
    operands: region.operands.map(argument),
    carried: region.carried.map(argument),
    xs: region.xs.map(argument),
    fresh: [...region.carried, ...region.slices].map(result),
    bodies: region.bodies.map(({ start, end, outputs }) => ({
      steps: within(start, end - outputs.length),
      outputs: outputs.map(argument),
    })),
    results: region.results.map(result),
  });
  const last = Math.max(-1, ...byNumber.keys());
  const lifts = nodes.flatMap((node, i) => (isLift(node) ? [{ ...node, name: String(numbers[i]) }] : []));
  const steps = within(0, last + 1).flatMap((step): Step[] => {
    const own = lifts.filter(({ name }) => Number(name) < numberAfter(step));
    return [...lifts.splice(0, own.length), step];
  });
  return [...steps, ...lifts];

  function numberAfter(step: Step): number {
    return isRegion(step) ? regions.find(({ start }) => start === step.node)!.end : Number(step.name) + 1;
  }
}
function slotOf(argument: TracedArgument): number {
  if ('slot' in argument) return argument.slot;
  throw new TorchError('torch.export.export(): control flow is given a number in the place of a tensor');
}

/** What steps use that they do not make: slots, and symbols of sizes. */
export function freeIn(
  steps: readonly Step[],
  outputs: readonly number[],
): { slots: Set<number>; symbols: Set<string> } {
  const made = new Set<number>();
  const slots = new Set<number>();
  const symbols = new Set<string>();
  const use = (slot: number): void => void (made.has(slot) || slots.add(slot));
  const look = (argument: TracedArgument): void => {
    if ('slot' in argument) use(argument.slot);
    else if ('list' in argument) argument.list.forEach(look);
    else if ('expression' in argument) symbolsIn(argument.expression, symbols);
  };
  for (const step of steps) {
    if (!isRegion(step)) {
      step.arguments.forEach(look);
      Object.values(step.keywords ?? {}).forEach(look);
      for (const slot of step.outputs.flat()) if (slot !== null) made.add(slot);
      continue;
    }
    [...step.pred, ...step.operands, ...step.carried, ...step.xs].forEach(use);
    for (const body of step.bodies) {
      const inner = freeIn(body.steps, body.outputs);
      for (const slot of inner.slots) if (!step.fresh.includes(slot)) use(slot);
      for (const name of inner.symbols) symbols.add(name);
    }
    step.results.forEach((slot) => made.add(slot));
  }
  outputs.forEach(use);
  return { slots, symbols };
}

function symbolsIn(expression: Expression, found: Set<string>): void {
  if (expression.kind === 'symbol') found.add(expression.name);
  else if (expression.kind === 'apply') expression.args.forEach((arg) => symbolsIn(arg, found));
}
