// What the writer is told of objects that Python makes by calls.
import type { Tuple } from './python_types';

/** A name of Python. */
export class GlobalName {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** A value that Python makes by a call. */
export interface Reduction {
  /** A {@link GlobalName}, or what another call makes. */
  readonly call: object;
  readonly args: readonly unknown[];
  /** Makes the object without calling its constructor. */
  readonly bare?: boolean;
  /** Of a bare object. */
  readonly keywords?: ReadonlyMap<unknown, unknown> | null;
  /** Items of a list. */
  readonly items?: readonly unknown[];
  /** Items of a dict. */
  readonly entries?: ReadonlyMap<unknown, unknown>;
  readonly state?: unknown;
}

/** A call of a name. */
export const call = (module: string, name: string, ...args: unknown[]): Reduction => ({
  call: new GlobalName(module, name),
  args,
});

/** Something that lies outside of the pickle: a storage. */
export class PersistentId {
  constructor(readonly id: Tuple) {}
}
