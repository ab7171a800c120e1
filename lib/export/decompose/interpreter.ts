// Runs a program's graph node by node while it is recorded: what writes to tensors becomes what makes others, and composite
// operators the ones that they are made of.
import { TorchError } from '../../core/errors';
import { native } from '../../native';
import { wrap } from '../../native/dispatch';
import type { Program } from '../../native/program';
import { isTensor } from '../../native/tensor_base';
import { Scope, atLevel, within } from '../../native/scope';
import { TorchDispatchMode } from '../../overrides/dispatch_mode';
import type { DispatchedOperator } from '../../library/dispatched_operator';
import type { Tensor } from '../../tensor';
import * as aten from '../../tensor/aten';
import type { Argument, Node } from '../graph';
import { ExportedModule, type ModuleSource } from '../module';
import type { OutputKind } from '../signature';
import { type Values, bind, given, programOf } from './nodes';
import { Recorder } from './recorder';
import { callOperator, isPlainComposite, type Rules } from './rules';

/** What a program writes to, in the order of its inputs. */
export interface Written {
  readonly kind: OutputKind;
  readonly target: string;
}

// Records each operator that it sees, or what stands for it.
class Watcher extends TorchDispatchMode {
  constructor(
    readonly recorder: Recorder,
    private readonly _rules: Rules,
  ) {
    super();
  }
  override torchDispatch(
    func: DispatchedOperator,
    args: unknown[],
    kwargs: Record<string, unknown>,
  ): unknown {
    const rule = this._rules.inTable(`torch.ops.${String(func)}`);
    if (rule) return this.run(() => rule(args, kwargs));
    const results = func(...args, kwargs);
    // Kernels and what stands for operators look at numbers to check them.
    const isCheck = /^aten\.(?:item|_local_scalar_dense)\./.test(String(func)) && this._mayLook;
    return isCheck ? results : this.called(operatorOf(`torch.ops.${String(func)}`), args, kwargs, results);
  }
  /** The node that runs. */
  set node(target: string) {
    const isComposite = isPlainComposite(target, 'CompositeImplicitAutograd') && !this._rules.inTable(target);
    this._mayLook = !isComposite && !/\.(?:item|_local_scalar_dense)\./.test(target);
  }
  private _mayLook = false;
  called(operator: string, args: unknown[], kwargs: Record<string, unknown>, results: unknown): unknown {
    this.recorder.add(operator, args, kwargs, results);
    return results;
  }
}

const operatorOf = (target: string): string =>
  target.replace(/^torch\.ops\.(\w+)\.(\w+)\.(\w+)$/, (_, space: string, name: string, overload: string) =>
    overload === 'default' ? `${space}::${name}` : `${space}::${name}.${overload}`,
  );
const BATCH_NORM = 'torch.ops.aten.batch_norm.default';

/** The program as a module of its flat arguments; it gives what is written, and then the results. */
export class Interpreter extends ExportedModule {
  /** Of the last run. */
  written: Written[] = [];
  /** From which node of the recording on what metadata hold. */
  origins: { node: number; stack: string }[] = [];
  private readonly _names: string[];
  private readonly _programs = new Map<Node, [Program, string[], Argument[]]>();

  constructor(
    private readonly _source: ModuleSource,
    private readonly _rules: Rules,
  ) {
    super(_source, null);
    this._names = _source.graph.inputs.flatMap((input) => (input.form === 'value' ? input.name : []));
  }

  /** Runs it with these leaves. */
  watch(leaves: readonly unknown[]): { recorder: Recorder; results: unknown[] } {
    const tensors = leaves.filter((leaf): leaf is Tensor => isTensor(leaf));
    const watcher = new Watcher(new Recorder(tensors), this._rules);
    const given = this._sources(leaves).map((value) => watcher.recorder.withoutGradients(value));
    const results = atLevel(Scope.functionalize, (level) => this._interpret(given, level, watcher), true);
    return { recorder: watcher.recorder, results };
  }

  private _interpret(inputs: readonly unknown[], level: number, watcher: Watcher): unknown[] {
    const values: Values = new Map();
    const lifted = (value: unknown): unknown =>
      isTensor(value) ? wrap(native.wrapFunctional(value as Tensor, level)) : value;
    const plain = (value: unknown): unknown =>
      isTensor(value) ? wrap(native.unwrapFunctional(value as Tensor, true)) : value;
    this._names.forEach((name, i) => values.set(name, lifted(inputs[i])));
    this.origins = [];
    for (const node of this._source.graph.nodes) {
      watcher.node = node.target;
      this.origins.push({
        node: watcher.recorder.nodes.length,
        stack: node.metadata.get('nn_module_stack') ?? '',
      });
      // Views and what writes to them are followed below; of others composite operators are seen here alone.
      const rule = isPlainComposite(node.target, 'CompositeImplicitAutograd')
        ? this._rules.inTable(node.target)
        : null;
      const isKept = rule === null && this._rules.keeps(node.target);
      if (node.target === BATCH_NORM && this._trainBatchNorm(node, values, plain, lifted, watcher)) continue;
      // Functionalization would take some of these apart.
      const isDirect = isPlainComposite(node.target, 'CompositeExplicitAutograd');
      if (rule === null && !isKept && !isDirect) {
        this._runNode(node, values, watcher);
        this._check(node, values);
        continue;
      }
      const { args, kwargs } = given(node, values, plain);
      const call = (): unknown => {
        if (rule) return watcher.run(() => rule(args, kwargs));
        if (!isKept) return watcher.run(() => callOperator(node.target, args, kwargs));
        return watcher.called(operatorOf(node.target), args, kwargs, callOperator(node.target, args, kwargs));
      };
      const results = within('runDecompositions', Scope.suspended, call, true);
      bind(node.outputs, results, lifted, values);
      this._check(node, values);
    }
    return this._outputs(inputs, values, plain);
  }

  // What stands for an operator must give what it gave.
  private _check({ target, outputs }: Node, values: Values): void {
    for (const output of outputs.flatMap((one) => (one.form === 'list' ? one.items : [one]))) {
      if (output.form !== 'value' || !values.has(output.name)) continue;
      const [meta, value] = [this._source.graph.tensors.get(output.name), values.get(output.name)];
      if (meta === undefined || !isTensor(value)) continue;
      const { dtype, shape } = value as Tensor;
      if (dtype === meta.dtype && shape.length === meta.sizes.length) continue;
      throw new TorchError(
        `runDecompositions(): what stands for ${target.slice('torch.ops.'.length)} gives ${String(dtype)} of ${shape.length} ` +
          `dimensions, where the operator gave ${String(meta.dtype)} of ${meta.sizes.length}`,
      );
    }
  }

  // The schema does not say that it writes to the running statistics.
  private _trainBatchNorm(
    node: Node,
    values: Values,
    plain: (value: unknown) => unknown,
    lifted: (value: unknown) => unknown,
    watcher: Watcher,
  ): boolean {
    const { args } = given(node, values, plain);
    const [x, weight, bias, mean, variance, training, momentum, eps] = args as Tensor[];
    if (!training || !isTensor(mean)) return false;
    const call = (): Tensor[] =>
      watcher.run(() =>
        aten._nativeBatchNormLegitFunctional(
          x,
          weight,
          bias,
          mean,
          variance,
          true,
          Number(momentum),
          Number(eps),
        ),
      );
    const [output, , , ...statistics] = within('runDecompositions', Scope.suspended, call, true);
    bind(node.outputs, output, lifted, values);
    statistics.forEach((value, i) => {
      const { argument } = node.inputs[3 + i];
      if (argument.form === 'value') values.set(argument.name, lifted(value));
    });
    return true;
  }

  private _runNode(node: Node, values: Values, watcher: Watcher): void {
    const [program, names, outputs] = this._programs.get(node) ?? programOf(node);
    this._programs.set(node, [program, names, outputs]);
    const given = names.map((name) => values.get(name));
    const results = watcher.run(() => program.run(given));
    outputs.forEach((output, i) => {
      if (output.form === 'value') values.set(output.name, results[i]);
    });
  }

  private _outputs(
    inputs: readonly unknown[],
    values: Values,
    plain: (value: unknown) => unknown,
  ): unknown[] {
    const { graph, graphSignature } = this._source;
    const { inputSpecs, outputSpecs } = graphSignature;
    const changed = new Map<string, unknown>();
    const valueOf = (output: Argument): unknown =>
      output.form === 'value'
        ? plain(values.get(output.name))
        : output.form === 'constant'
          ? output.value
          : null;
    outputSpecs.forEach(({ kind, target }, i) => {
      if (kind.endsWith('_MUTATION')) changed.set(target!, valueOf(graph.outputs[i]));
    });
    const state: Written[] = [];
    const users: Written[] = [];
    const results: [Written[], unknown[]][] = [
      [state, []],
      [users, []],
    ];
    let next = 0;
    graph.inputs.forEach((input, i) => {
      if (input.form !== 'value') return;
      const before = inputs[next++];
      const { kind, name } = inputSpecs[i];
      const target = kind === 'USER_INPUT' ? name : inputSpecs[i].target!;
      if (!isTensor(before)) return;
      const after = changed.get(target) ?? plain(values.get(input.name));
      if (native.isSame(after as Tensor, before as Tensor)) return;
      if (!['USER_INPUT', 'BUFFER', 'PARAMETER'].includes(kind))
        throw new TorchError(`runDecompositions(): the program writes to the constant ${target}`);
      const [list, tensors] = results[kind === 'USER_INPUT' ? 1 : 0];
      list.push({ kind: `${kind}_MUTATION` as OutputKind, target });
      tensors.push(after);
    });
    this.written = [...state, ...users];
    const own = graph.outputs.filter((_, i) => !outputSpecs[i].kind.endsWith('_MUTATION'));
    return [...results.flatMap(([, tensors]) => tensors), ...own.map(valueOf)];
  }
}
