/** Random number generators: libtorch's own, so that seeds agree with Python. */
import { jsonOf, uncloneable } from '../core/conversions';
import { type Device, type DeviceLike, device as deviceOf } from '../core/device';
import { TorchRangeError, argumentError } from '../core/errors';
import { bindArguments, checkMethods } from '../core/calls';
import { compareByIdentity } from '../core/identity';
import { HANDLE } from '../native/handle';
import { native } from '../native';
import { ownGenerator } from '../native/own_generator';
import { Tensor } from '.';

function seedOf(fn: string, seed: number | bigint, name = 'seed'): bigint {
  if (typeof seed !== 'bigint' && !Number.isSafeInteger(seed)) {
    throw argumentError(fn, name, 'a whole number (a bigint beyond 2^53)', seed);
  }
  const value = BigInt(seed);
  if (value < -(2n ** 63n) || value >= 2n ** 64n)
    throw new TorchRangeError(`${fn}(): ${name} ${seed} has more than 64 bits`, 'RuntimeError');
  return BigInt.asUintN(64, value);
}

const UNCLONEABLE = uncloneable(
  "a Generator's state goes to another thread by torch.share(generator.getState())",
);

/** A stream of random numbers: `new torch.Generator()`, given to operators as `{ generator }`. */
export class Generator {
  /** @internal */
  readonly [HANDLE]: unknown;
  /** @internal */
  readonly uncloneable = UNCLONEABLE;

  constructor(...args: [device?: DeviceLike]) {
    const [device = 'cpu'] = bindArguments('Generator(device?)', args);
    this[HANDLE] = native.makeGenerator(device);
  }
  /** @internal */
  static from(handle: unknown): Generator {
    const generator = Object.create(Generator.prototype) as { [HANDLE]: unknown; uncloneable: symbol };
    generator[HANDLE] = handle;
    generator.uncloneable = UNCLONEABLE;
    return generator as Generator;
  }

  /** The device whose random numbers it makes. */
  get device(): Device {
    return deviceOf(native.generatorDevice(this));
  }
  /** Starts the stream anew. Returns this. */
  manualSeed(seed: number | bigint): this {
    native.generatorSetSeed(this, seedOf('manualSeed', seed));
    return this;
  }
  /** The seed that the stream began with. */
  initialSeed(): bigint {
    return native.generatorInitialSeed(this);
  }
  /** Starts the stream from a random seed, and returns that. */
  seed(): bigint {
    return native.generatorSeed(this);
  }
  /** The state as a uint8 tensor, as Python gives it. */
  getState(): Tensor {
    return new Tensor(native.generatorGetState(this));
  }
  /** Goes back to a state of {@link Generator.getState}. Returns this. */
  setState(state: Tensor): this {
    native.generatorSetState(this, state);
    return this;
  }
  /** A generator of its own that goes on from here (PyTorch's `clone_state`). */
  cloneState(): Generator {
    return Generator.from(native.generatorClone(this));
  }
  /**
   * How many numbers it has drawn (`get_offset`), on devices whose generators count: CUDA's.
   * @throws TorchError where they do not, as on the CPU.
   */
  getOffset(): bigint {
    return native.generatorOffset(this);
  }
  /** Goes to that place in its numbers (`set_offset`); CUDA wants a multiple of 4. Returns this. */
  setOffset(offset: number | bigint): this {
    native.generatorSetOffset(this, seedOf('setOffset', offset, 'offset'));
    return this;
  }
  /**
   * The state as a generator, which may be set while a graph is captured (`graphsafe_get_state`).
   * @throws TorchError on devices that cannot, as the CPU.
   */
  graphsafeGetState(): Generator {
    return Generator.from(native.generatorGraphsafeState(this));
  }
  /** Goes on from a state of {@link Generator.graphsafeGetState}. Returns this. */
  graphsafeSetState(state: Generator): this {
    if (!(state instanceof Generator))
      throw argumentError('graphsafeSetState', 'state', 'a Generator', state);
    native.generatorSetGraphsafeState(this, state);
    return this;
  }
  /** Throws a TypeError for `JSON.stringify`: what is plain data is in `getState()`. */
  toJSON(...args: unknown[]): unknown {
    return jsonOf(this, args, 'A Generator', 'generator.getState() is its state, as a tensor');
  }
}
compareByIdentity(Generator);
checkMethods(
  'Generator',
  Generator,
  'manualSeed(seed)',
  'initialSeed()',
  'seed()',
  'getState()',
  'setState(newState)',
  'cloneState()',
  'getOffset()',
  'setOffset(offset)',
  'graphsafeGetState()',
  'graphsafeSetState(state)',
);

const defaults = new Map<string, Generator>();
/** The generator that operators use on a device when none is given. */
export function defaultGenerator(...args: [device?: DeviceLike]): Generator {
  const [device = 'cpu'] = bindArguments('defaultGenerator(device?)', args);
  const name = String(device);
  const own = name === 'cpu' ? ownGenerator() : null;
  if (own) return own as Generator;
  let generator = defaults.get(name);
  if (!generator) defaults.set(name, (generator = Generator.from(native.defaultGenerator(device))));
  return generator;
}

/** Seeds the default generators of all devices. Returns the CPU's. */
export function manualSeed(...args: [seed: number | bigint]): Generator {
  const [seed] = bindArguments('manualSeed(seed)', args);
  const own = ownGenerator();
  if (own) return (own as Generator).manualSeed(seed);
  native.manualSeed(seedOf('manualSeed', seed));
  return defaultGenerator();
}
/** The seed that the CPU's default generator began with. */
export function initialSeed(...args: []): bigint {
  bindArguments('initialSeed()', args);
  return defaultGenerator().initialSeed();
}
/** Seeds the default generators of all devices with a random number, and returns that. */
export function seed(...args: []): bigint {
  bindArguments('seed()', args);
  const value = defaultGenerator().seed();
  if (!ownGenerator()) native.manualSeed(value);
  return value;
}
/** The state of the CPU's default generator, as a uint8 tensor. */
export function getRngState(...args: []): Tensor {
  bindArguments('getRngState()', args);
  return defaultGenerator().getState();
}
/** Sets the state of the CPU's default generator. */
export function setRngState(...args: [state: Tensor]): void {
  const [state] = bindArguments('setRngState(state)', args);
  defaultGenerator().setState(state);
}
