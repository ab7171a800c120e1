// Fields of modules are numbers and tensors of JavaScript: a recording holds for those that it has seen.
import type { Module } from '../nn';
import { globalHooks, type Hooks } from '../nn/module/hooks';
import { internals } from '../nn/module/fields';

type Fields = Record<string, unknown>;

const hooksOf = (hooks: Hooks): unknown[] => [
  hooks.forwardPre.entries(),
  hooks.forward.entries(),
  hooks.backwardPre.entries(),
  hooks.backward.entries(),
];

/** Whether modules, and all below them, are as they were: training flags, options, parameters, children and hooks. */
export class ModuleGuards {
  readonly #fields: [module: Fields, count: number, values: [key: string, value: unknown][]][] = [];
  readonly #hooks: [hooks: Hooks, lists: unknown[]][] = [[globalHooks, hooksOf(globalHooks)]];

  constructor(called: ReadonlySet<object>) {
    const all = new Set([...called].flatMap((module) => [...(module as Module).modules()]));
    for (const module of all) {
      const entries = Object.entries(module);
      this.#fields.push([module as unknown as Fields, entries.length, entries]);
      this.#hooks.push([internals(module).hooks, hooksOf(internals(module).hooks)]);
      // V8 keeps the fields of what is a prototype so that they are found fast.
      void (Object.create(module) as Fields).training;
    }
  }

  hold(): boolean {
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i++) {
      const [module, count, values] = fields[i];
      for (let k = 0; k < values.length; k++) {
        if (!Object.is(module[values[k][0]], values[k][1])) return false;
      }
      if (Object.keys(module).length !== count) return false;
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
