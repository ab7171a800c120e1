// auto_functionalized and auto_functionalized_v2: an operator that writes to its arguments, called with copies of them
// (torch/_higher_order_ops/auto_functionalize.py). Such a node becomes the copies and the call.
//
//     auto_functionalized_v2(op, y=y, _x_base_index=0, _all_bases=[x])  ->  [what op gives, the new x]
import { damaged } from './errors';
import type { Argument, NamedArgument, Node } from './graph';
import { operatorSchema } from './operators';

const NONE: Argument = { form: 'constant', type: 'none', value: null };
const COPY = 'torch.ops.higher_order.clone_preserve_strides';

const positional = (argument: Argument): NamedArgument => ({ name: '', argument, isKeyword: false });
const keyword = (name: string, argument: Argument): NamedArgument => ({ name, argument, isKeyword: true });

/** The nodes that such a node of `operator` stands for. */
export function lowerFunctionalized(node: Node, operator: string): Node[] {
  return new Lowering(node, operator).nodes;
}

class Lowering {
  readonly nodes: Node[] = [];
  readonly #given: Map<string, Argument>;
  readonly #outputs: readonly Argument[];

  constructor(
    private readonly node: Node,
    operator: string,
  ) {
    this.#given = new Map(node.inputs.slice(1).map(({ name, argument }) => [name, argument]));
    // One that is not there is an error when the program is made.
    const { written, returns } = operatorSchema(operator) ?? { written: [], returns: 0 };
    const own = Math.max(returns, 1); // nothing is None
    this.#outputs = node.outputs.slice(own);
    const bases = this.#given.get('_all_bases');
    const copies = bases?.form === 'list' ? bases.items.map((base, i) => this.#copied(base, i)) : null;
    this.#given.delete('_all_bases');
    const fresh = written.map(({ name, isList }, i): NamedArgument => {
      if (copies === null) return keyword(name, this.#copiedArgument(this.#take(name), i));
      return keyword(name, isList ? this.#views(`_${name}`, copies) : this.#view(`_${name}`, copies));
    });
    const rest = [...this.#given].map(([name, argument]) => keyword(name, argument));
    const results = returns === 0 ? [] : node.outputs.slice(0, own);
    this.nodes.push({ ...node, target: operator, inputs: [...rest, ...fresh], outputs: results });
  }

  #take(name: string): Argument {
    const argument = this.#given.get(name) ?? NONE;
    this.#given.delete(name);
    return argument;
  }

  #call(target: string, inputs: NamedArgument[], output: Argument): Argument {
    this.nodes.push({ ...this.node, target, inputs, outputs: [output] });
    return output;
  }
  #named(what: string): Argument {
    return { form: 'value', type: 'tensor', name: `${this.node.name ?? this.node.target}: ${what}` };
  }

  // A copy is one of the node's own results.
  #copied(argument: Argument, at: number, output = this.#outputs[at]): Argument {
    if (argument.form !== 'value') return argument;
    const copy = output?.form === 'value' ? output : this.#named(`copy ${at}`);
    return this.#call(COPY, [positional(argument)], copy);
  }
  #copiedArgument(argument: Argument, at: number): Argument {
    if (argument.form !== 'list') return this.#copied(argument, at);
    const output = this.#outputs[at];
    const outputs = output?.form === 'list' ? output.items : [];
    const items = argument.items.map((item, i) =>
      this.#copied(item, i, outputs[i] ?? this.#named(`copy ${at}.${i}`)),
    );
    return { form: 'list', items };
  }

  #views(prefix: string, copies: Argument[]): Argument {
    const length = this.#take(`${prefix}_length`);
    if (length.form !== 'constant' || length.value === null) return NONE;
    const count = length.value;
    if (typeof count !== 'number' || count > this.#given.size) throw damaged(`'${prefix}_length' is wrong`);
    return {
      form: 'list',
      items: Array.from({ length: count }, (_, i) => this.#view(`${prefix}_${i}`, copies)),
    };
  }

  // What the operator writes to: a copy of a base, or a view of it as the argument was one.
  #view(prefix: string, copies: Argument[]): Argument {
    const take = (name: string): NamedArgument => positional(this.#take(`${prefix}_${name}`));
    const has = (name: string): boolean => this.#given.has(`${prefix}_${name}`);
    if (has('dtype')) {
      // Of an operator with `out`: nothing is read, so there is no base.
      const sizes = [take('size'), take('stride')];
      const options = ['dtype', 'device'].map((name) => keyword(name, take(name).argument));
      return this.#call('torch.ops.aten.empty_strided.default', [...sizes, ...options], this.#named(prefix));
    }
    const { argument: index } = take('base_index');
    if (index.form !== 'constant' || index.value === null) return NONE;
    const base = copies[index.value as number];
    if (base === undefined) throw damaged(`'${prefix}_base_index' is wrong`);
    const view = (target: string, names: string[]): Argument =>
      this.#call(`torch.ops.aten.${target}`, [positional(base), ...names.map(take)], this.#named(prefix));
    if (has('alias')) {
      take('alias');
      return view('alias.default', []);
    }
    if (has('storage_offset')) return view('as_strided.default', ['size', 'stride', 'storage_offset']);
    if (has('slice_dim')) return view('slice.Tensor', ['slice_dim', 'slice_start', 'slice_end']);
    return base;
  }
}
