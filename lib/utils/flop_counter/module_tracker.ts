// Which modules are at work, in the forward pass and in backward: torch.utils.module_tracker.
import type { RemovableHandle } from '../../core/hooks';
import { registerMultiGradHook } from '../../autograd/graph';
import * as tree from '../../func/tree';
import { native } from '../../native';
import { registerModuleForwardHook, registerModuleForwardPreHook } from '../../nn/module/hooks';
import type { Module } from '../../nn/module/module';
import { Tensor } from '../../tensor';

/** What stands for all of the program. */
export const GLOBAL = 'Global';

/** From {@link start} on it follows the modules; `beforeChange` is called before each change of {@link parents}. */
export class ModuleTracker {
  /** The names of the modules that are running, and {@link GLOBAL}. */
  #parents = new Set([GLOBAL]);
  #pass = -1; // the backward pass that has changed them
  #hooks: RemovableHandle[] = [];
  readonly #names = new WeakMap<Module, string>();
  readonly #seen = new WeakSet<Module>();

  constructor(private readonly beforeChange: () => void) {}

  start(): void {
    this.#hooks = [
      registerModuleForwardPreHook((module: Module, args: unknown[]) => this.#enter(module, args)),
      registerModuleForwardHook((module: Module, _args: unknown[], output: unknown) =>
        this.#leave(module, output),
      ),
    ];
  }

  stop(): void {
    for (const hook of this.#hooks) hook.remove();
    this.#hooks = [];
  }

  /** The parents of what ran in the backward pass of that number; -1 is none. A pass that has ended leaves none. */
  parents(pass: number): ReadonlySet<string> {
    if (this.#pass !== -1 && this.#pass !== pass) {
      this.#parents = new Set([GLOBAL]);
      this.#pass = -1;
    }
    return this.#parents;
  }

  // The outermost module has the name of its class, those inside of it the names of their fields behind that.
  #nameOf(module: Module): string {
    let name = this.#names.get(module);
    if (name === undefined) this.#names.set(module, (name = module._getName()));
    if (this.#seen.has(module)) return name;
    for (const [key, child] of module.namedChildren()) {
      this.#names.set(child, `${name}.${key}`);
      this.#nameOf(child);
    }
    this.#seen.add(module);
    return name;
  }

  #change(name: string, isEntered: boolean, isBackward: boolean): void {
    this.beforeChange();
    const pass = native.graphTask();
    this.parents(pass);
    if (isBackward) this.#pass = pass;
    if (isEntered) this.#parents.add(name);
    else this.#parents.delete(name);
  }

  #onGradients(values: unknown, hook: () => void): void {
    const tensors = tree
      .flatten(values)
      .leaves.filter((leaf): leaf is Tensor => leaf instanceof Tensor && leaf.requiresGrad);
    if (tensors.length > 0) this.#hooks.push(registerMultiGradHook(tensors, hook));
  }

  #enter(module: Module, args: unknown[]): void {
    const name = this.#nameOf(module);
    this.#change(name, true, false);
    this.#onGradients(args, () => this.#change(name, false, true));
  }

  #leave(module: Module, output: unknown): void {
    const name = this.#nameOf(module);
    this.#change(name, false, false);
    this.#onGradients(output, () => this.#change(name, true, true));
  }
}
