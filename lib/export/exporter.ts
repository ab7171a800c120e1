// Makes a program of a module: records a call, or one at each of several sizes.
import { snakeCase } from '../core/names';
import type { Stop } from '../capture/session';
import type { Module } from '../nn';
import { assembled } from './assemble';
import { forwardNames } from './call_names';
import { explore } from './dynamic/explore';
import { resolveHints } from './dynamic/hints';
import { merge } from './dynamic/merge';
import { type LeafSizes, OpenSizes, type Point, leavesAt, withLeaves } from './dynamic/open';
import { Symbols } from './dynamic/ranges';
import { type DynamicShapes, readShapes } from './dynamic/shapes';
import { sourcesOf } from './guards';
import { ExportedProgram } from './program';
import { flattenCall } from './pytree_write';
import { type Trace, Tracer } from './tracer';

/** A call of a module that is exported. */
export interface ExportedCall {
  readonly module: Module;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Paths of modules whose calls are kept. */
  readonly preserved?: readonly string[];
}

/** The program of a call, whose sizes are open as `shapes` says. */
export function exportCall(call: ExportedCall, shapes: DynamicShapes | null): ExportedProgram {
  const { module, args, kwargs } = call;
  for (const path of call.preserved ?? []) module.getSubmodule(path);
  const tracer = new Tracer(module, call.preserved);
  const { inSpec, leaves } = flattenCall(args, kwargs);
  const argumentNames = [...forwardNames(module, args.length), ...Object.keys(kwargs).map(snakeCase)];
  const run = (at: readonly unknown[], stop?: Stop): Trace => {
    const values = at[Symbol.iterator]();
    const given = withLeaves(args, values) as unknown[];
    const named = withLeaves(kwargs, values);
    return tracer.run(Object.keys(kwargs).length > 0 ? [...given, named] : given, at, stop);
  };
  const common = { call, tracer, inSpec, leaves, argumentNames };
  if (shapes === null) {
    const trace = run(leaves);
    const merged = merge([trace]);
    return new ExportedProgram(assembled({ ...common, trace, merged, symbols: new Symbols([], []) }));
  }
  const specs = readShapes(shapes, argumentNames, [...args, ...Object.values(kwargs)]);
  const open = new OpenSizes(leaves, specs, sourcesOf(inSpec, argumentNames));
  const runWith = (sizes: readonly LeafSizes[], point: Point, stop?: Stop): Trace =>
    run(leavesAt(leaves, sizes, point), stop);
  const { opens, sizes } = resolveHints(open.opens, open.sizes, runWith);
  const symbols = new Symbols(opens, sizes);
  const explored = explore(opens, symbols.names, (point, stop) => runWith(sizes, point, stop));
  return new ExportedProgram(assembled({ ...common, ...explored, symbols }));
}
