// What crosses to a worker thread: where its class or function is exported, and what it is made of.
import { pathToFileURL } from 'node:url';
import { bindArguments } from '../../core/calls';
import { TorchTypeError, argumentError, checkFunction } from '../../core/errors';
import { isURL } from '../../core/realm';
import { defaultCollate, defaultConvert } from './collate';
import { ChainDataset, ConcatDataset, StackDataset, TensorDataset } from './combined';
import { importModule } from './import_module';
import { Rows } from './source';
import { Subset } from './subset';

/** An export of a module. */
interface Export {
  readonly url: string;
  readonly name: string;
}

/** How a worker thread makes a dataset. */
export type Recipe =
  | { readonly kind: 'export'; readonly from: Export; readonly args: readonly unknown[] }
  | { readonly kind: 'rows' | 'tensors'; readonly args: readonly unknown[] }
  | { readonly kind: 'subset'; readonly dataset: Recipe; readonly indices: readonly number[] }
  | { readonly kind: 'concat' | 'chain' | 'stack'; readonly datasets: readonly Recipe[] }
  | { readonly kind: 'named'; readonly datasets: Readonly<Record<string, Recipe>> };

/** How a worker thread finds a function. */
export type FunctionRecipe = 'defaultCollate' | 'defaultConvert' | Export;

const datasets = new WeakMap<object, { from: Export; args: readonly unknown[] }>();
const functions = new WeakMap<object, Export>();

function exported(fn: string, module: URL | string, value: { name: string }): Export {
  checkFunction(fn, 'exported', value);
  if (typeof module !== 'string' && !isURL(module)) {
    throw new TorchTypeError(
      `${fn}(): argument 'module' must be a URL, such as new URL('./file.js', import.meta.url)`,
    );
  }
  const text = String(module);
  return { url: /^(file|data):/.test(text) ? text : pathToFileURL(text).href, name: value.name };
}

/**
 * A dataset that worker threads can make as well: `new Class(...args)`, of a class that `module` exports under its name.
 * Arguments cross as `postMessage` copies them, tensors among them without a copy.
 *
 * @example
 * import { Images } from './images.js';
 * const dataset = workerDataset(new URL('./images.js', import.meta.url), Images, '/data/train', { size: 224 });
 * for await (const batch of new DataLoader(dataset, { batchSize: 32, numWorkers: 4 })) train(batch);
 */
export function workerDataset<Args extends readonly unknown[], D extends object>(
  module: URL | string,
  Class: new (...args: Args) => D,
  ...args: Args
): D {
  if (typeof Class !== 'function' || Class.prototype === undefined) {
    throw argumentError('workerDataset', 'Class', 'a class', Class);
  }
  const from = exported('workerDataset', module, Class);
  const dataset = new Class(...args);
  datasets.set(dataset, { from, args });
  return dataset;
}

/**
 * The function itself, which worker threads find as an export of `module` under its name: for a loader's `collateFn` and
 * `workerInitFn`.
 *
 * @example
 * import { pad } from './images.js';
 * const collateFn = workerFunction(new URL('./images.js', import.meta.url), pad);
 */
export function workerFunction<F extends (...args: never[]) => unknown>(
  ...args: [module: URL | string, fn: F]
): F {
  const [module, fn] = bindArguments('workerFunction(module, fn)', args);
  functions.set(fn, exported('workerFunction', module, fn));
  return fn;
}

const isOf = <T extends object>(value: object, Class: abstract new (...args: never[]) => T): value is T =>
  Object.getPrototypeOf(value) === Class.prototype;

/** @throws TypeError for a dataset that a worker thread cannot make. */
export function recipeOf(dataset: object): Recipe {
  const known = datasets.get(dataset);
  if (known) return { kind: 'export', ...known };
  const all = (list: Iterable<object>): Recipe[] => [...list].map(recipeOf);
  if (isOf(dataset, Rows)) return { kind: 'rows', args: [dataset.source] };
  if (isOf(dataset, TensorDataset)) return { kind: 'tensors', args: dataset.tensors };
  if (isOf(dataset, Subset)) {
    return { kind: 'subset', dataset: recipeOf(dataset.dataset), indices: dataset.indices };
  }
  if (isOf(dataset, ConcatDataset)) return { kind: 'concat', datasets: all(dataset.datasets) };
  if (isOf(dataset, ChainDataset)) return { kind: 'chain', datasets: all(dataset.datasets) };
  if (isOf(dataset, StackDataset)) {
    if (Array.isArray(dataset.datasets)) return { kind: 'stack', datasets: all(dataset.datasets) };
    const named = Object.entries(dataset.datasets).map(
      ([name, one]) => [name, recipeOf(one as object)] as const,
    );
    return { kind: 'named', datasets: Object.fromEntries(named) };
  }
  const { name } = dataset.constructor;
  throw new TorchTypeError(
    `DataLoader: worker threads (numWorkers > 0) cannot make the ${name}, since objects with methods do not cross threads: ` +
      `write workerDataset(new URL('./file.js', import.meta.url), ${name}, ...args) for new ${name}(...args), with the ` +
      'module that exports the class',
  );
}

/** @throws TypeError for a function that a worker thread cannot find. */
export function functionRecipe(option: string, fn: (...args: never[]) => unknown): FunctionRecipe {
  if (fn === defaultCollate) return 'defaultCollate';
  if (fn === defaultConvert) return 'defaultConvert';
  const known = functions.get(fn);
  if (known) return known;
  throw new TorchTypeError(
    `DataLoader: worker threads (numWorkers > 0) cannot have the ${option}, since functions do not cross threads: write ` +
      `${option}: workerFunction(new URL('./file.js', import.meta.url), ${fn.name || 'fn'}), with the module that exports it`,
  );
}

async function find({ url, name }: Export): Promise<never> {
  const module = await importModule(url);
  // Of a CommonJS module that Node could not look through, all exports are in its default.
  const found = module[name] ?? (module.default as Record<string, unknown> | undefined)?.[name];
  if (typeof found !== 'function') throw new TorchTypeError(`${url} has no export named '${name}'`);
  return found as never;
}

/** Makes the dataset of a recipe, in a worker thread. */
export async function makeDataset(recipe: Recipe): Promise<object> {
  const all = (list: readonly Recipe[]): Promise<never[]> =>
    Promise.all(list.map(makeDataset)) as Promise<never[]>;
  switch (recipe.kind) {
    case 'export': {
      const Class: new (...args: readonly unknown[]) => object = await find(recipe.from);
      return new Class(...recipe.args);
    }
    case 'rows':
      return new Rows(recipe.args[0] as never);
    case 'tensors':
      return new TensorDataset(...(recipe.args as never[]));
    case 'subset':
      return new Subset((await makeDataset(recipe.dataset)) as never, recipe.indices);
    case 'concat':
      return new ConcatDataset(await all(recipe.datasets));
    case 'chain':
      return new ChainDataset(await all(recipe.datasets));
    case 'stack':
      return new StackDataset(...(await all(recipe.datasets)));
    case 'named': {
      const names = Object.keys(recipe.datasets);
      const made = await all(Object.values(recipe.datasets));
      return new StackDataset(Object.fromEntries(names.map((name, i) => [name, made[i]])));
    }
  }
}

/** Finds the function of a recipe, in a worker thread. */
export async function findFunction(recipe: FunctionRecipe): Promise<(...args: never[]) => unknown> {
  if (recipe === 'defaultCollate') return defaultCollate as never;
  if (recipe === 'defaultConvert') return defaultConvert as never;
  return find(recipe);
}
