// What something is.
import { bindArguments } from '../../core/calls';
import { isTensor } from '../../native/tensor_base';
import { scalarType } from '../as_array';
import type { Tensor } from '..';

/**
 * The name of a tensor's type, as Python's old tensor types are called, or of a class or an object's class:
 * `torch.typename`.
 *
 * @example
 * torch.typename(torch.ones([2])); // 'torch.FloatTensor'
 */
export function typename(...args: [obj: unknown]): string {
  const [obj] = bindArguments('typename(obj{})', args);
  if (isTensor(obj)) return `torch.${prefixOf(obj)}${scalarType(obj.dtype)}Tensor`;
  if (typeof obj === 'function') return obj.name;
  return obj === null || obj === undefined ? String(obj) : ((obj as object).constructor?.name ?? typeof obj);
}

function prefixOf({ device, layout }: Tensor): string {
  const place = device.type === 'cpu' ? '' : `${device.type}.`;
  if (layout.name === 'sparse_coo') return `${place}sparse.`;
  return layout.name.startsWith('sparse_') ? `${place}${layout.name}.` : place;
}
