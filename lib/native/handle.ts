/**
 * The property that holds a native handle: the number of a tensor's slot, or an external. One symbol for
 * all copies of the package.
 */
export const HANDLE = Symbol.for('nodetorch.handle');

/** The slot that holds nothing: what a tensor has that its scope has freed. */
export const NOTHING = 0;

/** Something native that is no tensor: a graph node, a hook's registration. */
export class NativeHandle {
  readonly [HANDLE]: unknown;
  constructor(handle: unknown) {
    this[HANDLE] = handle;
  }
}
