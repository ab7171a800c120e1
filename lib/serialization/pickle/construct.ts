// Where a pickle calls something.
import { UnsupportedError, damaged } from '../io/errors';
import { PythonClass, behaviourOf } from './global';
import { PythonObject, type Tuple } from './python_types';

export type How = 'call' | 'new';

/** How an object was made: what `torch.save` writes again. */
interface Construction {
  /**
   * `tensor`: a tensor of a class of its own; `args` holds the plain one. `wrapper`: one without a storage, whose parts are
   * in its state; `args` are its dtype, size and so on.
   */
  readonly how: How | 'tensor' | 'wrapper';
  readonly callee: PythonClass | PythonObject;
  readonly keywords: ReadonlyMap<unknown, unknown> | null;
}
const constructions = new WeakMap<PythonObject, Construction>();

export const constructionOf = (object: PythonObject): Construction | undefined => constructions.get(object);

/** Remembers that `copy` was made as `object`. */
export function copyConstruction(object: PythonObject, copy: PythonObject): void {
  const known = constructions.get(object);
  if (known) constructions.set(copy, known);
}

/** What the file says of an object; nothing is run. */
export function describeObject(
  callee: PythonClass | PythonObject,
  how: Construction['how'],
  args: Tuple,
  keywords: ReadonlyMap<unknown, unknown> | null = null,
): PythonObject {
  const object = new PythonObject(callee instanceof PythonClass ? callee.name : `${callee.type}()`);
  object.args = args;
  constructions.set(object, { how, callee, keywords });
  return object;
}

/**
 * What a call gives. What is not known is an error, or with `lax` a {@link PythonObject}; so is there what is known and
 * cannot be shown here.
 */
export function construct(
  callee: unknown,
  how: How,
  args: Tuple,
  keywords: ReadonlyMap<unknown, unknown> | null,
  lax: boolean,
): unknown {
  const known = callee instanceof PythonClass ? behaviourOf(callee) : undefined;
  if (callee instanceof PythonClass && !known) return describeObject(callee, how, args, keywords);
  const make = keywords ? null : known?.[how];
  if (make) {
    try {
      return make(args);
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      if (!lax) {
        const hint = '{ weightsOnly: false } gives what the file says of it, a PythonObject';
        throw damaged(`${error.message}; ${hint}`);
      }
    }
  }
  if (lax && (callee instanceof PythonClass || callee instanceof PythonObject)) {
    return describeObject(callee, how, args, keywords);
  }
  throw damaged(`it wants to call ${callee instanceof PythonClass ? callee.name : 'what is no function'}`);
}
