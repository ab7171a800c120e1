// Reads back what was written, and compares it with what is read once more.
import { isDeepStrictEqual } from 'node:util';
import { isTensor } from '../../native/tensor_base';
import { leavesOf } from '../../serialization/pickle/leaves';
import { PlannedTensor } from '../../serialization/planned';
import type { Tensor } from '../../tensor';
import { isNested } from '../../tensor/print';
import { compareTensors } from '../compare';
import { loadWhole } from '../pickle';
import { openTensors } from './source';

/** A file that reads back otherwise than it was meant. */
export class VerifyError extends Error {}

const EXACT = { rtol: 0, atol: 0 };

/** Throws where the file lacks one of the tensors, has another, or one of them differs in type, shape or a bit. */
export function verify(file: string, meant: ReadonlyMap<string, PlannedTensor>): void {
  readingBack(() => verifyTensors(file, meant));
}

// What cannot be read is not what was written.
function readingBack(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (error instanceof VerifyError) throw error;
    throw new VerifyError((error as Error).message, { cause: error });
  }
}

function verifyTensors(file: string, meant: ReadonlyMap<string, PlannedTensor>): void {
  const { values, close } = openTensors(file);
  try {
    const tensors = new Map(
      [...values].filter(([, value]) => value instanceof PlannedTensor || isTensor(value)),
    );
    const other = [...tensors.keys()].find(
      (name) => !meant.has(name) && tensors.get(name) instanceof PlannedTensor,
    );
    if (other !== undefined) throw new VerifyError(`'${other}' is in it, and was not meant to be`);
    for (const [name, tensor] of meant) {
      const found = tensors.get(name);
      if (!(found instanceof PlannedTensor)) throw new VerifyError(`'${name}' is not in it`);
      verifyTensor(name, tensor, found);
    }
  } finally {
    close();
  }
}

function verifyTensor(name: string, meant: PlannedTensor, found: PlannedTensor): void {
  const [a, b] = [meant, found].map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`);
  if (a !== b) throw new VerifyError(`'${name}' is ${b} there, and was meant to be ${a}`);
  if (meant.nbytes === 0) return;
  const different = meant.with((left) => found.with((right) => differing(left, right)));
  if (different > 0) throw new VerifyError(`'${name}' differs in ${different} of its numbers`);
}

const differing = (a: Tensor, b: Tensor): number => compareTensors(a, b, EXACT).different;

/** Throws where a .pt file holds something else than `meant`. */
export function verifyWhole(file: string, meant: unknown): void {
  readingBack(() => verifyValues(file, meant));
}

function verifyValues(file: string, meant: unknown): void {
  const [a, b] = [meant, loadWhole(file)].map((value) => leavesOf(value, isTensor));
  if (a.size !== b.size) throw new VerifyError(`${b.size} values are in it, and ${a.size} were meant to be`);
  for (const [name, value] of a) {
    const found = b.get(name);
    const isSame =
      isTensor(value) && isTensor(found)
        ? isSameTensor(value as Tensor, found as Tensor)
        : isDeepStrictEqual(value, found);
    if (!isSame) throw new VerifyError(`'${name}' differs`);
  }
}

function isSameTensor(a: Tensor, b: Tensor): boolean {
  const [left, right] = [a, b].map(plainPart);
  const isAlike = a.dtype === b.dtype && a.layout === b.layout && String(left.shape) === String(right.shape);
  return isAlike && differing(left, right) === 0;
}

// The numbers of a quantized or nested tensor.
function plainPart(tensor: Tensor): Tensor {
  if (tensor.dtype.kind === 'quantized') return tensor.intRepr();
  return isNested(tensor) ? tensor.values() : tensor;
}
