/**
 * Objects that stand for something whose contents nobody can look at: a stream of random numbers, a node of a graph, an
 * open file. node:assert, util.isDeepStrictEqual and test runners compare fields, and would take any two for equal. All of
 * them first compare what `Object.prototype.toString` gives, so that is another text for each object.
 */
const numbers = new WeakMap<object, number>();
let count = 0;

/** Has every object of `Class`, and of classes that extend it, equal to itself alone. */
export function compareByIdentity(Class: { prototype: object }): void {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, {
    get(this: object) {
      if (!numbers.has(this)) numbers.set(this, ++count);
      return `${this.constructor.name} #${numbers.get(this)}`;
    },
    configurable: true,
  });
}
