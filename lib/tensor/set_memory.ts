// Tensors that take over the memory of others.
import { bindArguments } from '../core/calls';
import { TorchError } from '../core/errors';
import { isPlainObject } from '../core/realm';
import { operator } from '../native/dispatch';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '.';
import { UntypedStorage } from './untyped_storage';

const set = operator('aten::set_');

/** @internal `Tensor.set_`, of which libtorch takes tensors alone: for a storage the tensor of all its bytes stands. */
export function setMemory(self: Tensor, args: readonly unknown[]): void {
  if (args.length > 4) bindArguments('set_(source?, storageOffset?, size?, stride?)', args);
  const [source, ...rest] = args;
  const keywords = isPlainObject(source) ? source : {};
  const storage = 'source' in keywords ? keywords.source : source;
  const isAlone = rest.length === 0 && (source === storage || Object.keys(keywords).length === 1);
  if (!(storage instanceof UntypedStorage)) {
    if (isAlone && isTensor(storage) && storage.dtype !== self.dtype)
      throw new TorchError(`Could not set tensor of type ${storage.dtype} to a tensor of type ${self.dtype}`);
    return void set(self, ...args);
  }
  const bytes = UntypedStorage.bytesIn(storage);
  if (isAlone) {
    const count = Math.floor(bytes.numel() / self.elementSize());
    return void set(self, bytes, 0, [count], [1]);
  }
  if (source === storage) return void set(self, bytes, ...rest);
  set(self, { ...keywords, source: bytes }, ...rest);
}
