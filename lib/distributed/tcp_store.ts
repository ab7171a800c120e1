import { checkText, valueError } from '../core/errors';
import { number, text } from '../core/kinds';
import { signature } from '../core/signature';
import { warn } from '../core/warn';
import { native } from '../native';
import type { Handle } from '../../typings/native';
import { checkAvailable } from './available';
import { DEFAULT_TIMEOUT, Store, checkTimeout } from './store';

/** The options of {@link TCPStore.create}. */
export interface TCPStoreOptions {
  /** How many ranks will use the store. Default null: not known. */
  worldSize?: number | null;
  /** Whether this process has the server. Default false. */
  isMaster?: boolean;
  /** In milliseconds. Default 300,000. */
  timeout?: number;
  /** The address that the server listens on. Default: `host`. */
  listen?: string | null;
  /** Whether the server is libuv's, Python's default. Default true. */
  useLibuv?: boolean;
}

const CREATE = signature(
  'TCPStore.create',
  [text('host'), number('port')],
  {
    worldSize: null,
    isMaster: false,
    timeout: DEFAULT_TIMEOUT,
    listen: null,
    useLibuv: true,
  } as Required<TCPStoreOptions>,
  ['worldSize', 'isMaster', 'timeout'],
);

/**
 * A store that one process has and all reach over the network.
 *
 * It has no password: whoever reaches the port reads and writes it. So it listens on the interface of `host` alone; one
 * that listens on all interfaces warns.
 *
 * Differs from PyTorch: `torch.distributed.TCPStore` is made by `await TCPStore.create(...)`, since a constructor cannot wait, and its server
 * listens on `host` alone, where Python's listens on all interfaces.
 *
 * @example
 * const store = await TCPStore.create('127.0.0.1', 0, { isMaster: true });
 * await store.set('key', 'value');
 */
export class TCPStore extends Store {
  /** @internal */
  constructor(
    handle: Handle,
    readonly host: string,
    readonly port: number,
    /** @internal */
    readonly isEverywhere: boolean,
    /** By which other machines reach it. @internal */
    readonly reachedBy: string,
  ) {
    super(handle);
  }

  /** @internal */
  override _where(): string {
    return ` at ${this.host}:${this.port}`;
  }

  /**
   * Begins the server, where this process has it, and connects. A client waits for the server up to `timeout`.
   *
   * @throws TorchError of the kind `DistNetworkError` where the address cannot be had, or nobody answers.
   */
  static create(...args: [host: string, port: number, options?: TCPStoreOptions]): Promise<TCPStore> {
    const [host, port, options] = CREATE.bind(args);
    return TCPStore.#connect(host, port, options as Required<TCPStoreOptions>);
  }

  static async #connect(host: string, port: number, options: Required<TCPStoreOptions>): Promise<TCPStore> {
    const { worldSize, isMaster, timeout, listen, useLibuv } = options;
    checkAvailable();
    checkPort(port);
    checkTimeout('TCPStore.create', timeout);
    if (listen !== null) checkText('TCPStore.create', 'listen', listen);
    const made = await native.tcpStore(host, port, isMaster, worldSize, timeout, listen ?? '', useLibuv);
    if (made.isEverywhere) {
      warn(
        `The store of torch.distributed listens on all interfaces (${made.address}, port ${made.port}) and has no password: ` +
          'whoever reaches that port can read and change it. Give it the address of a private network.',
      );
    } else if (isMaster && isLoopback(made.address) && !isLoopback(host) && listen === null) {
      warn(
        `The store listens on ${made.address} alone, which '${host}' is on this machine: no other machine reaches it.`,
      );
    }
    const reachedBy = isMaster && listen !== null ? made.address : host;
    const store = new TCPStore(made.handle, host, made.port, made.isEverywhere, reachedBy);
    store.setTimeout(timeout);
    return store;
  }
}

const isLoopback = (host: string): boolean => /^(127\.|::1$|localhost$)/.test(host);

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port < 65536) return;
  throw valueError(`port must have value from 0 to 65535 but was ${port}.`);
}
