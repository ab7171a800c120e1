// Tensors of a state_dict that share memory, such as tied weights: a .safetensors file holds each once.
import { TorchError } from '../../core/errors';
import { repr } from '../../tensor/repr';
import type { Tensor } from '../../tensor';
import { compareNames } from './header';

interface Area {
  name: string;
  begin: bigint;
  end: bigint;
}

/** Names in groups that share memory, most groups of one. Tensors without memory are in none. */
export function findSharedTensors(tensors: ReadonlyMap<string, Tensor>): string[][] {
  const storages = new Map<string, Area[]>();
  for (const [name, tensor] of tensors) {
    if (tensor.isMeta || tensor.numel() === 0) continue;
    const begin = tensor.dataPtr();
    const { nbytes } = tensor.storage();
    const key = `${tensor.device} ${storageBegin(tensor)} ${nbytes}`;
    if (!storages.has(key)) storages.set(key, []);
    storages.get(key)!.push({ name, begin, end: begin + extent(tensor) });
  }
  return [...storages.values()].flatMap(overlapping);
}

// Parts of one storage that do not overlap are fine.
function overlapping(areas: Area[]): string[][] {
  if (areas.length === 1) return [[areas[0].name]];
  const groups: string[][] = [];
  let end = -1n;
  for (const area of [...areas].sort((a, b) => Number(a.begin - b.begin || a.end - b.end))) {
    if (area.begin >= end) groups.push([]);
    groups[groups.length - 1].push(area.name);
    if (area.end > end) end = area.end;
  }
  return groups.map((names) => names.sort(compareNames));
}

const storageBegin = (tensor: Tensor): bigint =>
  tensor.dataPtr() - BigInt(tensor.storageOffset() * tensor.itemsize);

function extent(tensor: Tensor): bigint {
  const stride = tensor.stride();
  const elements = tensor.shape.reduce((sum, size, i) => sum + (size - 1) * stride[i], 1);
  return BigInt(elements * tensor.itemsize);
}

/** Whether a tensor covers its whole storage. */
export const isComplete = (tensor: Tensor): boolean =>
  tensor.storageOffset() === 0 && tensor.numel() * tensor.itemsize === tensor.storage().nbytes;

export interface DuplicateOptions {
  /** Kept before others: the names that a file has. */
  preferredNames?: ReadonlySet<string>;
  /** Kept only where there is no other. */
  discardNames?: ReadonlySet<string>;
}

/**
 * Which names to leave out so that nothing shares memory, by the name that stays: of those that cover
 * their whole storage the first of the alphabet.
 *
 * @throws TorchError where no tensor covers it.
 */
export function duplicateNames(
  tensors: ReadonlyMap<string, Tensor>,
  { preferredNames = new Set(), discardNames = new Set() }: DuplicateOptions = {},
): Map<string, string[]> {
  const duplicates = new Map<string, string[]>();
  for (const shared of findSharedTensors(tensors)) {
    const complete = shared.filter((name) => isComplete(tensors.get(name)!)).sort(compareNames);
    if (complete.length === 0) {
      throw new TorchError(
        'Error while trying to find names to remove to save state dict, but found no suitable name to keep for ' +
          `saving amongst: {${shared.map(repr).join(', ')}}. None is covering the entire storage.Refusing to ` +
          'save/load the model since you could be storing much more memory than needed. Please refer to ' +
          'https://huggingface.co/docs/safetensors/torch_shared_tensors for more information. Or open an issue.',
      );
    }
    const kept =
      complete.find((name) => preferredNames.has(name)) ??
      complete.find((name) => !discardNames.has(name)) ??
      complete[0];
    const others = shared.filter((name) => name !== kept).sort(compareNames);
    if (others.length > 0) duplicates.set(kept, others);
  }
  return duplicates;
}

/** The tensors without the names that another stands for, and the metadata that says so. */
export function withoutDuplicates(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> | null | undefined,
  options: DuplicateOptions = {},
): { tensors: Map<string, Tensor>; metadata: Record<string, string> | null } {
  const kept = new Map(tensors);
  const notes = new Map(Object.entries(metadata ?? {}));
  for (const [name, others] of duplicateNames(tensors, options)) {
    for (const other of others) {
      kept.delete(other);
      if (!notes.has(other)) notes.set(other, name);
    }
  }
  const hasNotes = notes.size > 0 || metadata != null;
  return { tensors: kept, metadata: hasNotes ? Object.fromEntries(notes) : null };
}
