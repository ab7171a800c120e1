/** The property that holds a native handle. One symbol for all copies of the package. */
export const HANDLE = Symbol.for('nodetorch.handle');

/** Something native that is no tensor: a graph node, a hook's registration. */
export class NativeHandle {
  readonly [HANDLE]: unknown;
  constructor(handle: unknown) {
    this[HANDLE] = handle;
  }
}
