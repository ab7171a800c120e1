import { checkMethods } from '../core/calls';
import { TorchError } from '../core/errors';
import { compareByIdentity } from '../core/identity';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import type { NativeHandle } from '../native/handle';
import type { Tensor } from '../tensor';

/** What an operation says of its tensors. */
export interface Marks {
  saved: readonly (Tensor | null)[];
  savedForForward: readonly (Tensor | null)[] | null; // until the tangents are computed
  dirty: readonly Tensor[];
  plain: readonly Tensor[];
  materialize: boolean;
}

/** What `forward`, or `setupContext`, leaves for `backward` and `jvp`. Any other field may be set on it. */
export class FunctionContext {
  [field: string]: unknown;
  /** @internal */
  declare readonly node: NativeHandle;
  /** @internal */
  declare readonly marks: Marks;
  /** @internal What each mapped form of the Function remembers; see vmapped_function.ts. */
  declare readonly mapped: Map<object, unknown>;

  /** @internal */
  constructor(node: NativeHandle | null, needs: boolean[]) {
    const hidden = (value: unknown) => ({ value, enumerable: false });
    const marks: Marks = { saved: [], savedForForward: null, dirty: [], plain: [], materialize: true };
    Object.defineProperties(this, {
      node: hidden(node),
      marks: hidden(marks),
      mapped: hidden(new Map()),
      needsInputGrad: { value: needs, enumerable: true, configurable: true }, // seen otherwise through a proxy
    });
  }
  /** For each argument of `forward`, whether its gradient is needed. */
  declare readonly needsInputGrad: readonly boolean[];

  /** Keeps tensors for `backward`; checked there for changes in place. Call it once. Null stays null. */
  saveForBackward(...tensors: (Tensor | null)[]): void {
    this.marks.saved = tensors;
  }
  /** Keeps tensors for `jvp`. */
  saveForForward(...tensors: (Tensor | null)[]): void {
    const wrong = tensors.findIndex((tensor) => tensor === undefined);
    if (wrong >= 0) {
      throw new TorchError(
        `saveForForward(): expected all arguments to be tensors or null, but argument ${wrong} is undefined`,
      );
    }
    this.marks.savedForForward = tensors;
  }
  /** What was saved: in `jvp` for it, later for `backward`. Throws when the graph has been freed. */
  get savedTensors(): Tensor[] {
    const { savedForForward } = this.marks;
    if (savedForForward) return [...savedForForward] as Tensor[];
    return wrap(native.savedTensors(this.node)) as Tensor[];
  }
  /** Says which inputs `forward` changed in place. */
  markDirty(...tensors: Tensor[]): void {
    this.marks.dirty = tensors;
  }
  /** Says which outputs have no gradient. */
  markNonDifferentiable(...tensors: Tensor[]): void {
    this.marks.plain = tensors;
  }
  /**
   * Whether `backward` gets zeros (the default) or null for outputs that nothing depended on, and `jvp` for inputs
   * without a tangent.
   */
  setMaterializeGrads(value: boolean): void {
    this.marks.materialize = value;
  }
}
compareByIdentity(FunctionContext);
checkMethods('FunctionCtx', FunctionContext, 'setMaterializeGrads(value)');
