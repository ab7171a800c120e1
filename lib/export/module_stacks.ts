// Which modules are at work at each node of a recording, as torch.export.unflatten and Python's prints want it.
import type { RemovableHandle } from '../core/hooks';
import { native } from '../native';
import type { Module } from '../nn';
import { ModuleCall } from './module_calls';
import { moduleType } from './module_types';
import { registerModuleForwardHook, registerModuleForwardPreHook } from '../nn/module/hooks';

const UNWRITABLE = /[,;()[\]]/; // what separates them in a file

interface Frame {
  readonly path: string;
  readonly text: string;
  /** The path with the number of the call. */
  readonly fqn: string;
  readonly node: number;
  readonly args: readonly unknown[];
}

/** Follows the calls of a module's modules while it is recorded. */
export class ModuleStacks {
  readonly #paths = new Map<Module, string[]>();
  readonly #calls = new Map<string, number>();
  readonly #open: Frame[] = [];
  // From a node on, the modules that are at work.
  readonly #changes: { node: number; text: string }[] = [];

  /** Calls of modules that are to be kept, in the order in which they begin. */
  get calls(): readonly ModuleCall[] {
    return [...this.#kept.values()].filter((call) => call !== null);
  }
  readonly #kept = new Map<string, ModuleCall | null>();

  constructor(
    root: Module,
    private readonly preserved: readonly string[] = [],
  ) {
    for (const [path, module] of root.namedModules({ removeDuplicate: false })) {
      this.#paths.set(module, [...(this.#paths.get(module) ?? []), path]);
    }
  }

  /** Runs `run`, which records. */
  follow<T>(run: () => T): T {
    const hooks: RemovableHandle[] = [
      registerModuleForwardPreHook((module: Module, args: unknown[]) => this.#enter(module, args)),
      registerModuleForwardHook(
        (module: Module, _: unknown[], output: unknown) => this.#leave(module, output),
        {
          alwaysCall: true,
        },
      ),
    ];
    try {
      return run();
    } finally {
      for (const hook of hooks) hook.remove();
    }
  }

  /** What a file says of the node with that number, `nn_module_stack` among the metadata. */
  at(node: number): string {
    return this.#changes.findLast((change) => change.node <= node)?.text ?? '';
  }

  // Modules that are no part of the root, or whose names a file cannot have, are the code of those that call them.
  #enter(module: Module, args: readonly unknown[]): void {
    if (!this.#isKnown(module)) return;
    const parent = this.#open.at(-1);
    const path = this.#pathOf(module, parent?.path ?? '');
    const count = this.#calls.get(path) ?? 0;
    this.#calls.set(path, count + 1);
    const fqn = `${path}${count > 0 ? `@${count}` : ''}`;
    const text = `L__self__${fqn},${path},${moduleType(module)}`;
    this.#open.push({ path, text, fqn, node: native.captureCount(), args });
    if (this.preserved.includes(path)) this.#kept.set(fqn, null);
    this.#change();
  }

  #leave(module: Module, output: unknown): void {
    if (!this.#isKnown(module)) return;
    const { path, fqn, node, args } = this.#open.pop()!;
    if (this.preserved.includes(path)) this.#kept.set(fqn, new ModuleCall(fqn, module, node, args, output));
    if (this.#open.length > 0) this.#change();
  }

  #isKnown(module: Module): boolean {
    const paths = this.#paths.get(module);
    return paths !== undefined && !paths.some((path) => UNWRITABLE.test(path));
  }

  #change(): void {
    this.#changes.push({ node: native.captureCount(), text: this.#open.map(({ text }) => text).join(';') });
  }

  // Of several paths the one in the module that calls it.
  #pathOf(module: Module, parent: string): string {
    const paths = this.#paths.get(module)!;
    const inside = parent === '' ? '' : `${parent}.`;
    const isChild = (path: string): boolean =>
      path !== '' && path.startsWith(inside) && !path.slice(inside.length).includes('.');
    return paths.find(isChild) ?? paths[0];
  }
}
