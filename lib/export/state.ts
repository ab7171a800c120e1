// Parameters and buffers of a module that is exported.
import { native } from '../native';
import { isTensor } from '../native/tensor_base';
import type { Module } from '../nn';
import { getField, isPersistent } from '../nn/module/fields';
import type { Tensor } from '../tensor';

/** One of them, with its path; of a tensor that has several there are several. */
export interface StateEntry {
  path: string;
  kind: 'PARAMETER' | 'BUFFER';
  tensor: Tensor;
  isPersistent: boolean | null;
}

/** All, parameters first. */
export function stateOf(module: Module): StateEntry[] {
  const all = { removeDuplicate: false };
  const parameters = [...module.namedParameters(all)].map(([path, tensor]): StateEntry => ({
    path,
    kind: 'PARAMETER',
    tensor,
    isPersistent: null,
  }));
  const buffers = [...module.namedBuffers(all)].map(([path, tensor]): StateEntry => {
    const at = path.lastIndexOf('.');
    const owner = module.getSubmodule(path.slice(0, Math.max(at, 0)));
    return { path, kind: 'BUFFER', tensor, isPersistent: isPersistent(owner, path.slice(at + 1)) };
  });
  return [...parameters, ...buffers];
}

/** The path of a tensor that is a plain field of a module. */
export function fieldOf(module: Module, tensor: Tensor): string | undefined {
  for (const [path, each] of module.namedModules()) {
    for (const key of Object.keys(each)) {
      const field = getField(each, key);
      if (isTensor(field) && native.isSame(field as Tensor, tensor)) return path ? `${path}.${key}` : key;
    }
  }
  return undefined;
}
