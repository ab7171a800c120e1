// A name in a pickle.

/** What a name in a file stands for, where it can be called. */
export class Global {
  constructor(
    /** With its module, for example `'torch._utils._rebuild_tensor_v2'`. */
    readonly name: string,
    readonly call: ((args: readonly unknown[]) => unknown) | null = null,
    /** For `cls.__new__(cls, *args)`. */
    readonly create: ((args: readonly unknown[]) => unknown) | null = null,
  ) {}
}
