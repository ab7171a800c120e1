// Key-value stores by which ranks find each other, as torch.distributed's. What Python's block for is a promise here.
import { bindArguments, checkMethods } from '../core/calls';
import {
  TorchError,
  TorchTypeError,
  argumentError,
  checkNumber,
  checkText,
  valueError,
} from '../core/errors';
import { isUint8Array } from '../core/realm';
import { native } from '../native';
import { HANDLE, NativeHandle } from '../native/handle';
import type { Handle } from '../../typings/native';
import { checkAvailable } from './available';

/** In milliseconds. */
export const DEFAULT_TIMEOUT = 300_000;

/** What a store keeps: text goes as UTF-8. */
export type StoreValue = string | Uint8Array;

function bytesOf(fn: string, argument: string, value: unknown): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  if (!isUint8Array(value)) throw argumentError(fn, argument, 'a string or a Uint8Array', value);
  return value;
}

function keysOf(fn: string, keys: unknown): readonly string[] {
  const all = Array.isArray(keys) ? (keys as unknown[]) : [keys];
  for (const key of all) checkText(fn, 'keys', key);
  return all as string[];
}

/**
 * The base of all stores. Python's methods block; these return promises, so that the event loop goes on. A `timeout` is in
 * milliseconds.
 */
export class Store extends NativeHandle {
  #timeout = DEFAULT_TIMEOUT;

  /** @internal */
  constructor(handle: Handle) {
    if (handle === undefined) throw new TorchTypeError('Store: No constructor defined!');
    super(handle);
  }

  async #call(
    method: string,
    keys: readonly string[],
    value: Uint8Array | null = null,
    second: Uint8Array | number = 0,
    timeout = this.#timeout,
  ): Promise<unknown> {
    try {
      return await native.storeCall(this[HANDLE] as Handle, method, keys, value, second, timeout);
    } catch (error) {
      throw explained(`Store.${method}(${keys.map((key) => `'${key}'`).join(', ')})${this._where()}`, error);
    }
  }

  /** Of errors: `' at 127.0.0.1:29500'`. @internal */
  _where(): string {
    return '';
  }

  /** How long {@link get} and {@link wait} wait, in milliseconds. */
  get timeout(): number {
    return this.#timeout;
  }
  /** Says how long, in milliseconds above 0. */
  setTimeout(timeout: number): void {
    checkTimeout('Store.setTimeout', timeout);
    this.#timeout = timeout;
  }

  /** Gives a key a value: text, which is stored as UTF-8, or bytes. */
  async set(key: string, value: StoreValue): Promise<void> {
    checkText('Store.set', 'key', key);
    await this.#call('set', [key], bytesOf('Store.set', 'value', value));
  }

  /** Waits until there is a value. */
  async get(key: string): Promise<Buffer> {
    checkText('Store.get', 'key', key);
    return (await this.#call('get', [key])) as Buffer;
  }

  /** Adds to a counter, which begins at 0, and says what it is now. */
  async add(key: string, amount: number): Promise<number> {
    checkText('Store.add', 'key', key);
    if (!Number.isSafeInteger(amount)) throw argumentError('Store.add', 'amount', 'an int', amount);
    return (await this.#call('add', [key], null, amount)) as number;
  }

  /**
   * Waits until all keys have values, for `timeout` milliseconds at most. Default: what `setTimeout` was given.
   *
   * @throws TorchError of the kind `DistStoreError` where a key has no value after that.
   */
  async wait(keys: readonly string[], timeout?: number): Promise<void> {
    if (timeout !== undefined) checkTimeout('Store.wait', timeout);
    await this.#call('wait', keysOf('Store.wait', keys), null, 0, timeout ?? this.#timeout);
  }

  /** Whether all keys have values. */
  async check(keys: readonly string[]): Promise<boolean> {
    return (await this.#call('check', keysOf('Store.check', keys))) as boolean;
  }

  /** Whether there was one. */
  async deleteKey(key: string): Promise<boolean> {
    checkText('Store.deleteKey', 'key', key);
    return (await this.#call('deleteKey', [key])) as boolean;
  }

  /** Sets `desired` where the value is `expected`, or there is none and `expected` is empty. The value afterwards. */
  async compareSet(key: string, expected: StoreValue, desired: StoreValue): Promise<Buffer> {
    checkText('Store.compareSet', 'key', key);
    const before = bytesOf('Store.compareSet', 'expected', expected);
    const after = bytesOf('Store.compareSet', 'desired', desired);
    return (await this.#call('compareSet', [key], before, after)) as Buffer;
  }

  /** How many keys have values; the store may have some of its own. */
  async numKeys(): Promise<number> {
    return (await this.#call('numKeys', [])) as number;
  }
}

checkMethods(
  'Store',
  Store,
  'setTimeout(timeout)',
  'set(key, value)',
  'get(key)',
  'add(key, amount)',
  'wait(keys, timeout?)',
  'check(keys)',
  'deleteKey(key)',
  'compareSet(key, expected, desired)',
  'numKeys()',
);

/** The error with what failed in front. */
export function explained(what: string, error: unknown): unknown {
  if (!(error instanceof TorchError)) return error;
  return new TorchError(`${what}: ${error.message}`, error.kind, error.backtrace, { cause: error });
}

/** @throws TypeError unless it is a number, ValueError unless it is positive. */
export function checkTimeout(fn: string, timeout: unknown): asserts timeout is number {
  checkNumber(fn, 'timeout', timeout);
  if (!((timeout as number) > 0)) throw valueError(`${fn}(): timeout must be milliseconds above 0`);
}

/** A store that is a file, which all ranks can reach: one machine's, or a network's with locks. */
export class FileStore extends Store {
  readonly #path: string;

  /** `worldSize`: the last of so many ranks removes the file; default -1, which removes nothing. */
  constructor(...args: [path: string, worldSize?: number]) {
    const [path, worldSize = -1] = bindArguments('FileStore(path, worldSize?)', args);
    checkText('FileStore', 'path', path);
    if (!Number.isInteger(worldSize)) throw argumentError('FileStore', 'worldSize', 'an int', worldSize);
    checkAvailable();
    super(native.fileStore(path, worldSize));
    this.#path = path;
  }

  /** @internal */
  override _where(): string {
    return ` in ${this.#path}`;
  }
}

/** A store in the memory of this process, for ranks that are its threads. */
export class HashStore extends Store {
  /** `name`: all threads that make a store of one name have the same. Default: a store of its own. */
  constructor(...args: [name?: string]) {
    const [name = ''] = bindArguments('HashStore(name?)', args);
    checkText('HashStore', 'name', name);
    checkAvailable();
    super(native.hashStore(name));
  }
}

/** A part of another store: each key gets a prefix. */
export class PrefixStore extends Store {
  readonly underlyingStore: Store;

  constructor(...args: [prefix: string, store: Store]) {
    const [prefix, store] = bindArguments('PrefixStore(prefix, store)', args);
    checkText('PrefixStore', 'prefix', prefix);
    if (!(store instanceof Store)) throw argumentError('PrefixStore', 'store', 'a Store', store);
    super(native.prefixStore(prefix, store[HANDLE] as Handle));
    this.underlyingStore = store;
    this.setTimeout(store.timeout);
  }

  /** @internal */
  override _where(): string {
    return this.underlyingStore._where();
  }
}

/** The store that all prefixes stand before. */
export const rootOf = (store: Store): Store =>
  store instanceof PrefixStore ? rootOf(store.underlyingStore) : store;
