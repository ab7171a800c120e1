// torch.inductor.load: models that AOTInductor has compiled.
import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ForkOptions } from 'node:child_process';
import { bindArguments, checkMethods } from '../core/calls';
import { type DeviceLike, device as deviceOf } from '../core/device';
import { TorchError, argumentError, valueError } from '../core/errors';
import { isMap, isPlainObject, isURL } from '../core/realm';
import { withDefaults } from '../core/signature';
import { flattenArguments, unflatten } from '../export/pytree';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { endAwaitedBeforeExit } from '../native/program';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import type { Handle } from '../../typings/native';
import { checkInputs } from './input_spec';
import { IsolatedModel } from './isolated';
import { loadNative, withoutStack } from './native_model';
import { type PackageInfo, readPackage } from './package';

/** Options of `torch.inductor.load`. */
export interface InductorLoadOptions {
  /** That the package is trusted as a program is: it is machine code. Must be `true`. */
  trusted: boolean;
  /** How many runs may go on at the same time. Default: 1. */
  numRunners?: number;
  /** The device that it was compiled for. Default: the one that the package says. */
  device?: DeviceLike | null;
  /**
   * Whether it runs in a process of its own, so that what ends that one is a rejected promise: a token id past the
   * vocabulary does. An object has options of Node's `child_process.fork`. Default: `false`.
   */
  isolate?: boolean | ForkOptions;
  /** Which of the models in the package. Default: `'model'`. */
  modelName?: string;
}

/**
 * Loads a package of Python's `torch._inductor.aoti_compile_and_package`: a model as machine code, for the processor that
 * it was compiled on.
 *
 * Differs from PyTorch: `torch.inductor.load` refuses inputs of another rank, dtype, size or device than the model was
 * compiled for, which Python's loader reads beyond their end.
 *
 * @throws TorchError without `trusted: true`, and for a file that is no such package: its message says what it is.
 *
 * @example
 * const model = torch.inductor.load('model.pt2', { trusted: true });
 * const y = model.run(torch.ones([4, 8]));
 */
export function load(...args: [file: string | URL, options: InductorLoadOptions]): CompiledModel {
  const [file, given] = bindArguments('load(file, options{}?)', args as [string | URL, InductorLoadOptions?]);
  const fn = 'torch.inductor.load';
  const options = withDefaults(
    fn,
    {
      trusted: false,
      numRunners: 1,
      device: null,
      isolate: false,
      modelName: 'model',
    } as Required<InductorLoadOptions>,
    given,
  );
  if (typeof file !== 'string' && !isURL(file)) throw argumentError(fn, 'file', 'a path', file);
  const path = typeof file === 'string' ? file : fileURLToPath(file as URL);
  const { trusted, numRunners, isolate, modelName } = options;
  if (!Number.isInteger(numRunners) || numRunners < 1 || numRunners > 1024)
    throw argumentError(fn, 'numRunners', 'a whole number from 1 to 1024', numRunners);
  if (typeof isolate !== 'boolean' && !isPlainObject(isolate))
    throw argumentError(fn, 'isolate', 'a boolean or an object', isolate);
  if (typeof modelName !== 'string') throw argumentError(fn, 'modelName', 'a string', modelName);
  if (trusted !== true) {
    throw new TorchError(
      `${fn}(): a package of AOTInductor is machine code, which runs with all the rights of this process: say ` +
        '{ trusted: true } where you trust it as you trust a program',
    );
  }
  if (!fs.statSync(path, { throwIfNoEntry: false })?.isFile())
    throw valueError(`The provided filename ${path} does not exist or is no file`);
  try {
    return new CompiledModel(path, options, readPackage(path, modelName));
  } catch (error) {
    if (!(error instanceof TorchError)) throw error;
    throw new TorchError(`${fn}(): cannot load '${path}': ${error.message}`, error.kind);
  }
}

/** A model as machine code. */
export class CompiledModel {
  /** What the compiler noted: the device, the instruction set of the processor. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The names of its weights. */
  readonly constants: readonly string[];
  readonly #info: PackageInfo;
  readonly #model: Handle | null = null;
  readonly #isolated: IsolatedModel | null = null;

  /** @internal */
  constructor(file: string, options: Required<InductorLoadOptions>, info: PackageInfo) {
    this.#info = info;
    this.metadata = info.metadata;
    this.constants = info.constants;
    const device = placeOf(info, options.device);
    const { modelName, numRunners: runners, isolate } = options;
    if (isolate === false) this.#model = loadNative(file, modelName, runners, device);
    else {
      const start = { file, model: modelName, runners, device, threads: native.getNumThreads() };
      const expected = { outputs: info.outSpec.leaves, device: info.metadata.AOTI_DEVICE_KEY ?? 'cpu' };
      this.#isolated = new IsolatedModel(start, isolate === true ? {} : isolate, expected);
      forgotten.register(this, this.#isolated);
    }
  }

  /**
   * Runs the model. Arguments and results are nested as in Python; keyword arguments stand in an object that comes last.
   *
   * @throws TorchError for inputs that it was not compiled for.
   */
  run(...args: unknown[]): unknown {
    if (this.#model === null)
      throw new TorchError('a model in a process of its own has no run(): await runAsync()');
    const inputs = this.#inputs(args);
    try {
      return this.#result(wrap(native.inductorRun(this.#model, inputs)) as Tensor[]);
    } catch (error) {
      throw withoutStack(error);
    }
  }

  /**
   * Runs the model on another thread, or in its process. The arguments must not be written to before the promise is settled.
   */
  async runAsync(...args: unknown[]): Promise<unknown> {
    const inputs = this.#inputs(args);
    if (this.#isolated) return this.#result(await this.#isolated.run(inputs));
    endAwaitedBeforeExit();
    const outputs = native.inductorRunAsync(this.#model as Handle, inputs).catch((error: unknown) => {
      throw withoutStack(error);
    });
    return this.#result(wrap(await outputs) as Tensor[]);
  }

  /**
   * Copies weights into the model, by the names in `constants`. With `checkFullUpdate` none may be missing.
   */
  loadConstants(constants: Map<string, Tensor> | Record<string, Tensor>, checkFullUpdate = false): void {
    if (this.#model === null) throw new TorchError('a model in a process of its own takes no constants');
    if (!isMap(constants) && !isPlainObject(constants))
      throw argumentError('loadConstants', 'constants', 'a Map or an object of tensors', constants);
    const entries = isMap(constants) ? [...constants] : Object.entries(constants);
    for (const [name, tensor] of entries) {
      if (!this.constants.includes(name)) throw valueError(`the model has no constant '${name}'`);
      if (!isTensor(tensor)) throw argumentError('loadConstants', name, 'a Tensor', tensor);
    }
    const tensors = entries.map(([, tensor]) => (tensor as Tensor).detach().contiguous());
    native.inductorLoadConstants(
      this.#model,
      entries.map(([name]) => name),
      tensors,
      checkFullUpdate,
    );
  }

  /** Ends its process, where it has one; the next run begins another. */
  close(): void {
    this.#isolated?.close();
  }

  #inputs(args: readonly unknown[]): Tensor[] {
    const leaves = flattenArguments(this.#info.inSpec, args);
    return checkInputs(this.#info.inputs, leaves.filter(isTensor) as Tensor[]);
  }
  #result(outputs: readonly Tensor[]): unknown {
    return unflatten(this.#info.outSpec, outputs);
  }
}
// A process whose model nobody has any more.
const forgotten = new FinalizationRegistry<IsolatedModel>((isolated) => isolated.close());
checkMethods('CompiledModel', CompiledModel, 'loadConstants(constants{}, checkFullUpdate?)', 'close()');

// The index of the device; -1 for the current one.
function placeOf({ metadata }: PackageInfo, given: DeviceLike | null): number {
  const its = metadata.AOTI_DEVICE_KEY;
  if (given === null) return -1;
  const { type, index } = deviceOf(given);
  if (its !== undefined && type !== its) throw valueError(`it was compiled for ${its}, not for ${type}`);
  return index ?? -1;
}
