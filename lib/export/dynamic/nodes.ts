// Nodes that compute sizes: what torch.export writes of `x.shape[0] * 2`.
import { type Expression, expressionText } from '../expression';
import type { Argument, Node, SymbolicNumber } from '../graph';
import type { Names } from '../record';
import { valueOf } from './fit';

/** Where a symbol's value is: an input that is a number, or a size of one that is a tensor. */
export interface SymbolSource {
  readonly name: string;
  readonly hint: number;
  readonly input: string;
  readonly dim: number | null;
  /** What is there is `factor * symbol + offset`. */
  readonly factor: number;
  readonly offset: number;
}

const operators = new Map([
  ['Add', 'add'],
  ['Mul', 'mul'],
  ['FloorDiv', 'floordiv'],
  ['Sub', 'sub'],
  ['IntTrueDiv', 'truediv'],
]);

/** Makes them, each once. */
export class SizeNodes {
  /** What is known of their values, by name. */
  readonly numbers = new Map<string, SymbolicNumber>();
  readonly #made = new Map<string, Argument>();
  #nodes: Node[] = [];

  constructor(
    private readonly names: Names,
    private readonly sources: readonly SymbolSource[],
  ) {}

  /** Where the value of a symbol is. */
  sourceOf(symbol: string): SymbolSource {
    return this.sources.find(({ name }) => name === symbol)!;
  }

  /** The nodes that were made since the last call. */
  take(): Node[] {
    const nodes = this.#nodes;
    this.#nodes = [];
    return nodes;
  }

  /** An expression as an argument. */
  argument(expression: Expression): Argument {
    const text = expressionText(expression);
    const made = this.#made.get(text) ?? this.#make(expression);
    this.#made.set(text, made);
    return made;
  }

  /** Says that an input is a number. */
  isInput(input: string, expression: Expression): Argument {
    const argument: Argument = { form: 'value', type: 'int', name: input };
    this.#made.set(expressionText(expression), argument);
    this.numbers.set(input, this.#number(expression));
    return argument;
  }

  #number(expression: Expression): SymbolicNumber {
    const hints = new Map(this.sources.map(({ name, hint }) => [name, hint]));
    return { expression, hint: valueOf(expression, hints) };
  }

  #make(expression: Expression): Argument {
    if (expression.kind === 'symbol') return this.#symbol(expression);
    if (expression.kind !== 'apply') return { form: 'constant', type: 'int', value: expression.value };
    const { name, args } = expression;
    const [first, ...rest] = args;
    let [made, sum] = [this.argument(first), first];
    for (const arg of rest) {
      sum = { kind: 'apply', name, args: [sum, arg] };
      made = this.#call(name, made, this.argument(arg), sum);
    }
    return made;
  }

  #call(name: string, a: Argument, b: Argument, expression: Expression): Argument {
    const operator = operators.get(name)!;
    return this.#node(operator, `_operator.${operator}`, ['a', 'b'], [a, b], expression);
  }

  #node(base: string, target: string, names: string[], given: Argument[], expression: Expression): Argument {
    const name = this.names.add(base);
    const type = base === 'truediv' ? 'float' : 'int';
    const output: Argument = { form: 'value', type, name };
    this.#nodes.push({
      target,
      name,
      inputs: given.map((argument, i) => ({ name: names[i], argument, isKeyword: false })),
      outputs: [output],
      metadata: new Map(),
      isSingleReturn: true,
    });
    this.numbers.set(name, this.#number(expression));
    return output;
  }

  #symbol(symbol: Expression & { kind: 'symbol' }): Argument {
    const { input, dim, factor, offset } = this.sourceOf(symbol.name);
    const int = (value: number): Argument => ({ form: 'constant', type: 'int', value });
    const known = (value: number): Expression => ({ kind: 'int', value });
    const product: Expression =
      factor === 1 ? symbol : { kind: 'apply', name: 'Mul', args: [known(factor), symbol] };
    const line: Expression =
      offset === 0 ? product : { kind: 'apply', name: 'Add', args: [product, known(offset)] };
    const tensor: Argument = { form: 'value', type: 'tensor', name: input };
    let made = this.#node(
      'sym_size_int',
      'torch.ops.aten.sym_size.int',
      ['self', 'dim'],
      [tensor, int(dim!)],
      line,
    );
    if (offset !== 0) made = this.#call('Sub', made, int(offset), product);
    return factor === 1 ? made : this.#call('FloorDiv', made, int(factor), symbol);
  }
}
