// Random numbers of GPUs. Python's torch.cuda.random.
import { bindArguments } from '../core/calls';
import { argumentError } from '../core/errors';
import { native } from '../native';
import type { Tensor } from '../tensor';
import { type Generator, defaultGenerator } from '../tensor/random';
import { type CudaDevice, deviceCount, gpu, indexOf, isAvailable } from './device';

const generators = (): Generator[] =>
  Array.from({ length: deviceCount() }, (_, index) => defaultGenerator(gpu(index)));
const current = (): Generator => defaultGenerator(gpu(native.currentDevice()));

/** The generators that GPUs use where none is given, by the GPU's number. */
export function defaultGenerators(...args: []): Generator[] {
  bindArguments('defaultGenerators()', args);
  return generators();
}
/** The state of a GPU's generator, as a uint8 tensor. */
export function getRngState(...args: [device?: CudaDevice]): Tensor {
  const [device] = bindArguments('getRngState(device?)', args);
  return defaultGenerator(gpu(indexOf('getRngState', device))).getState();
}
/** {@link getRngState} of each GPU. */
export function getRngStateAll(...args: []): Tensor[] {
  bindArguments('getRngStateAll()', args);
  return generators().map((one) => one.getState());
}
/** Sets the state of a GPU's generator. */
export function setRngState(...args: [newState: Tensor, device?: CudaDevice]): void {
  const [state, device] = bindArguments('setRngState(newState, device?)', args);
  defaultGenerator(gpu(indexOf('setRngState', device))).setState(state);
}
/** Sets the state of each GPU's generator, in their order. */
export function setRngStateAll(...args: [newStates: Iterable<Tensor>]): void {
  const [states] = bindArguments('setRngStateAll(newStates)', args);
  if (typeof states !== 'object' || !(Symbol.iterator in states)) {
    throw argumentError('setRngStateAll', 'newStates', 'an iterable of Tensors', states);
  }
  [...states].forEach((state, index) => setRngState(state, index));
}
/** Seeds the current GPU's generator. Does nothing where there is none. */
export function manualSeed(...args: [seed: number | bigint]): void {
  const [seed] = bindArguments('manualSeed(seed)', args);
  if (isAvailable()) current().manualSeed(seed);
}
/** Seeds the generators of all GPUs. */
export function manualSeedAll(...args: [seed: number | bigint]): void {
  const [seed] = bindArguments('manualSeedAll(seed)', args);
  for (const one of generators()) one.manualSeed(seed);
}
/** Seeds the current GPU's generator with a random number. */
export function seed(...args: []): void {
  bindArguments('seed()', args);
  if (isAvailable()) current().seed();
}
/** Seeds the generators of all GPUs with one random number. */
export function seedAll(...args: []): void {
  bindArguments('seedAll()', args);
  const [first, ...rest] = generators();
  const value = first?.seed();
  for (const one of rest) one.manualSeed(value);
}
/** The seed that the current GPU's generator began with. */
export function initialSeed(...args: []): bigint {
  bindArguments('initialSeed()', args);
  indexOf('initialSeed', null);
  return current().initialSeed();
}
