/** Nodes of the autograd graph, for looking at. */
import { NativeHandle } from '../native/handle';
import { checkMethods } from '../core/calls';
import { compareByIdentity } from '../core/identity';
import { native } from '../native';
import type { Tensor } from '../tensor';

/** A gradient function, `tensor.gradFn`. */
export class GradFn {
  readonly #node: NativeHandle;
  constructor(handle: unknown) {
    this.#node = new NativeHandle(handle);
  }
  /** `'AddBackward0'`, or the class name with `Backward` for a custom Function. */
  get name(): string {
    return native.nodeName(this.#node);
  }
  /** The nodes that get this one's gradients, each with the number of the input they are. */
  get nextFunctions(): [GradFn | null, number][] {
    return native
      .nodeNext(this.#node)
      .map(([node, input]) => [node === null ? null : new GradFn(node), input]);
  }
  /** The kind of the node and where it is, as Python prints it. */
  toString(): string {
    return `<${this.name}>`;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
compareByIdentity(GradFn);
checkMethods('Node', GradFn, 'toString()');

export function gradFnOf(tensor: Tensor): GradFn | null {
  const node = native.node(tensor);
  return node === null ? null : new GradFn(node);
}
