// What goes into modules within the module, and comes out, for torch.export.unflatten: preserveModuleCallSignature.
import { TorchError } from '../core/errors';
import { isPlainObject } from '../core/realm';
import type { Module } from '../nn';
import type { TracedArgument } from './dynamic/merge';
import type { Argument } from './graph';
import { isOwnModule } from './module_types';
import type { TreeSpec } from './pytree';
import { flattenCall, flattenTree, writeTreeSpec } from './pytree_write';
import { type Written, writeArgument } from './write';

/** One call of a module whose calls are kept. */
export class ModuleCall {
  /** What goes in, flat, and then what comes out. */
  readonly leaves: readonly unknown[];
  readonly inputs: number;
  readonly inSpec: TreeSpec;
  readonly outSpec: TreeSpec;

  /** `node` is the number of the first node. The last argument of a module of torch.nn has its arguments by name. */
  constructor(
    readonly fqn: string,
    readonly module: Module,
    readonly node: number,
    args: readonly unknown[],
    output: unknown,
  ) {
    const last = args.at(-1);
    const isNamed = isPlainObject(last) && isOwnModule(module);
    const named = isNamed ? (last as Record<string, unknown>) : {};
    const { inSpec, leaves } = flattenCall(isNamed ? args.slice(0, -1) : args, named);
    const outputs: unknown[] = [];
    this.outSpec = flattenTree(output, outputs);
    this.inSpec = inSpec;
    this.inputs = leaves.length;
    this.leaves = [...leaves, ...outputs].map((leaf) => leaf ?? null);
  }

  /** `leaves` are as arguments of the graph. */
  write(leaves: readonly Argument[]): Written {
    const written = leaves.map((leaf) => writeArgument(leaf));
    return signature(this, written.slice(0, this.inputs), written.slice(this.inputs));
  }
}

const signature = ({ inSpec, outSpec }: ModuleCall, inputs: Written[], outputs: Written[]): Written => ({
  inputs,
  outputs,
  in_spec: writeTreeSpec(inSpec),
  out_spec: writeTreeSpec(outSpec),
  forward_arg_names: null,
});

/** The module_call_graph without its first entry. `leaves` are those of all calls. */
export function moduleCallGraph(
  root: Module,
  preserved: readonly string[],
  calls: readonly ModuleCall[],
  leaves: readonly Argument[],
): Written[] {
  const rest = [...leaves];
  const signatures = new Map(calls.map((call) => [call.fqn, call.write(rest.splice(0, call.leaves.length))]));
  const paths = [...root.namedModules({ removeDuplicate: false })].slice(1);
  const entries = paths.map(([fqn, module]) => {
    // Of a module with several paths the calls are at one of them.
    const other = preserved.includes(fqn) ? calls.find((call) => call.module === module) : undefined;
    return { fqn, signature: signatures.get(fqn) ?? (other ? signature(other, [], []) : null) };
  });
  const again = calls.flatMap(({ fqn }) =>
    fqn.includes('@') ? [{ fqn, signature: signatures.get(fqn)! }] : [],
  );
  return [...entries, ...again];
}

/** @throws TorchError for a number that depends on open sizes, as in Python. */
export function checkNumber(leaf: TracedArgument): void {
  if (!('expression' in leaf) || leaf.expression.kind === 'int') return;
  throw new TorchError(
    'torch.export.export(): a size that is open is an argument or a result of a module in preserveModuleCallSignature, ' +
      'which takes tensors and constants alone',
    'AssertionError',
  );
}
