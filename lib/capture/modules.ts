// Fields of modules are numbers and tensors of JavaScript: a recording holds for those that it has seen.
import type { Module } from '../nn';
import { globalHooks, type Hooks } from '../nn/module/hooks';
import { internals } from '../nn/module/fields';

const hooksOf = (hooks: Hooks): unknown[] => [
  hooks.forwardPre.entries(),
  hooks.forward.entries(),
  hooks.backwardPre.entries(),
  hooks.backward.entries(),
];

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

// V8 keeps the fields of what is a prototype, once they have been enumerated, in an array. Those of a module are in a
// dictionary else, since it is a function without a name, and a look at all of them takes twenty times as long.
function keepInArray(module: object): void {
  void (Object.create(module) as Module).training;
  for (const _ in module) break;
}

/** Whether modules, and all below them, are as they were: training flags, options, parameters, children and hooks. */
export class ModuleGuards {
  // Values without their names are half the work: what gets another name comes last.
  readonly #fields: [module: object, values: readonly unknown[]][] = [];
  readonly #hooks: [hooks: Hooks, lists: unknown[]][] = [[globalHooks, hooksOf(globalHooks)]];

  constructor(called: ReadonlySet<object>) {
    const all = new Set([...called].flatMap((module) => [...(module as Module).modules()]));
    for (const module of all) {
      keepInArray(module);
      this.#fields.push([module, Object.values(module)]);
      this.#hooks.push([internals(module).hooks, hooksOf(internals(module).hooks)]);
    }
  }

  hold(): boolean {
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i++) {
      if (!same(Object.values(fields[i][0]), fields[i][1])) return false;
    }
    const all = this.#hooks;
    for (let i = 0; i < all.length; i++) {
      const [hooks, [forwardPre, forward, backwardPre, backward]] = all[i];
      if (hooks.forward.entries() !== forward || hooks.forwardPre.entries() !== forwardPre) return false;
      if (hooks.backward.entries() !== backward || hooks.backwardPre.entries() !== backwardPre) return false;
    }
    return true;
  }
}
