// What a program takes and gives: the state it was exported with, what the user passes, and what is written back.
import { damaged } from './errors';
import * as fields from './fields';
import { asObject, asText } from './fields';
import type { Argument, Graph } from './graph';
import type { Json, JsonObject } from './json';
import { readArgument } from './schema';
import { type Written, writeArgument } from './write';

/** What an input of a graph is. */
export type InputKind = 'USER_INPUT' | 'PARAMETER' | 'BUFFER' | 'CONSTANT_TENSOR' | 'CUSTOM_OBJ' | 'TOKEN';
/** What an output of a graph is. */
export type OutputKind =
  | 'USER_OUTPUT'
  | 'LOSS_OUTPUT'
  | 'BUFFER_MUTATION'
  | 'PARAMETER_MUTATION'
  | 'GRADIENT_TO_PARAMETER'
  | 'GRADIENT_TO_USER_INPUT'
  | 'USER_INPUT_MUTATION'
  | 'TOKEN';

/** One input of a graph. */
export class InputSpec {
  constructor(
    readonly kind: InputKind,
    /** Its name in the graph; empty for a constant without one. */
    readonly name: string,
    /** The path of the parameter, buffer or constant that it is. */
    readonly target: string | null = null,
    /** Of a buffer: whether it is part of the state that is saved. */
    readonly persistent: boolean | null = null,
    /** Of a constant that the user must pass as it was. */
    readonly value?: unknown,
  ) {}

  /** As Python prints it. */
  toString(): string {
    const target = this.target === null ? '' : ` target='${this.target}'`;
    const persistent = this.persistent === null ? '' : ` persistent=${this.persistent ? 'True' : 'False'}`;
    return `${this.name}: ${this.kind}${target}${persistent}`;
  }
}

/** One output of a graph. */
export class OutputSpec {
  constructor(
    readonly kind: OutputKind,
    /** Its name in the graph; empty for a constant. */
    readonly name: string,
    /** The path of what it is written to. */
    readonly target: string | null = null,
  ) {}

  /** As Python prints it. */
  toString(): string {
    return `${this.name}: ${this.kind}${this.target === null ? '' : ` target='${this.target}'`}`;
  }
}

/** The inputs and outputs of a program's graph, in their order: Python's `ExportGraphSignature`. */
export class ExportGraphSignature {
  constructor(
    readonly inputSpecs: readonly InputSpec[],
    readonly outputSpecs: readonly OutputSpec[],
  ) {}

  #targets(kind: InputKind): string[] {
    return this.inputSpecs.flatMap((spec) => (spec.kind === kind && spec.target !== null ? spec.target : []));
  }
  /** Paths of the parameters. */
  get parameters(): string[] {
    return this.#targets('PARAMETER');
  }
  /** Paths of the buffers. */
  get buffers(): string[] {
    return this.#targets('BUFFER');
  }
  /** Paths of the buffers that are not saved. */
  get nonPersistentBuffers(): string[] {
    return this.inputSpecs.flatMap(({ persistent, target }) =>
      persistent === false && target ? target : [],
    );
  }
  /** Names of the tensors that are neither parameters nor buffers. */
  get liftedTensorConstants(): string[] {
    return this.#targets('CONSTANT_TENSOR');
  }
  /** Names in the graph of what the user passes. */
  get userInputs(): string[] {
    return this.inputSpecs.filter(({ kind }) => kind === 'USER_INPUT').map(({ name }) => name);
  }
  /** Names in the graph of what the user gets. */
  get userOutputs(): string[] {
    const isUsers = ({ kind }: OutputSpec): boolean => kind === 'USER_OUTPUT' || kind === 'LOSS_OUTPUT';
    return this.outputSpecs.filter(isUsers).map(({ name }) => name);
  }
  /** Paths of the buffers that a run changes, by the name of the output that has the new value. */
  get buffersToMutate(): Map<string, string> {
    const mutations = this.outputSpecs.filter(({ kind }) => kind === 'BUFFER_MUTATION');
    return new Map(mutations.map(({ name, target }) => [name, target ?? '']));
  }

  /** As Python prints it. */
  toString(): string {
    return `\n# inputs\n${this.inputSpecs.join('\n')}\n\n# outputs\n${this.outputSpecs.join('\n')}\n`;
  }
}

const nameOf = (argument: Argument): string => (argument.form === 'value' ? argument.name : '');

/** What a field of a union of the schema says: the kind, and the field with the path. */
type Rows<Kind> = ReadonlyMap<string, readonly [kind: Kind, target?: string]>;
const inputRows: Rows<InputKind> = new Map([
  ['parameter', ['PARAMETER', 'parameter_name']],
  ['buffer', ['BUFFER', 'buffer_name']],
  ['tensor_constant', ['CONSTANT_TENSOR', 'tensor_constant_name']],
  ['custom_obj', ['CUSTOM_OBJ', 'custom_obj_name']],
  ['token', ['TOKEN']],
]);
const outputRows: Rows<OutputKind> = new Map([
  ['loss_output', ['LOSS_OUTPUT']],
  ['buffer_mutation', ['BUFFER_MUTATION', 'buffer_name']],
  ['parameter_mutation', ['PARAMETER_MUTATION', 'parameter_name']],
  ['gradient_to_parameter', ['GRADIENT_TO_PARAMETER', 'parameter_name']],
  ['gradient_to_user_input', ['GRADIENT_TO_USER_INPUT', 'user_input_name']],
  ['user_input_mutation', ['USER_INPUT_MUTATION', 'user_input_name']],
  ['token', ['TOKEN']],
]);

function readRow<Kind>(
  rows: Rows<Kind>,
  type: string,
  object: JsonObject,
  where: string,
): [kind: Kind, name: string, target: string | null] {
  const row = rows.get(type);
  if (!row) throw damaged(`${where}: '${type.slice(0, 40)}' is not known`);
  const [kind, target] = row;
  const name = asText(asObject(object.get('arg'), where).get('name'), `${where}.arg.name`);
  return [kind, name, target === undefined ? null : asText(object.get(target), `${where}.${target}`)];
}

function readInputSpec(value: Json, where: string): InputSpec {
  const [type, inner] = fields.asUnion(value, where);
  const object = asObject(inner, where);
  if (type === 'user_input') {
    const argument = readArgument(object.get('arg'), where);
    return argument.form === 'constant'
      ? new InputSpec('USER_INPUT', '', null, null, argument.value)
      : new InputSpec('USER_INPUT', nameOf(argument));
  }
  if (type === 'constant_input') {
    const given = readArgument(object.get('value'), where);
    const constant = given.form === 'constant' ? given.value : null;
    return new InputSpec('USER_INPUT', asText(object.get('name'), where), null, null, constant);
  }
  const row = readRow(inputRows, type, object, where);
  const isBuffer = type === 'buffer';
  return new InputSpec(
    ...row,
    isBuffer ? fields.asBool(object.get('persistent'), `${where}.persistent`) : null,
  );
}

function readOutputSpec(value: Json, where: string): OutputSpec {
  const [type, inner] = fields.asUnion(value, where);
  const object = asObject(inner, where);
  if (type !== 'user_output') return new OutputSpec(...readRow(outputRows, type, object, where));
  return new OutputSpec('USER_OUTPUT', nameOf(readArgument(object.get('arg'), where)));
}

export function readSignature(value: Json | undefined, where: string): ExportGraphSignature {
  const object = asObject(value, where);
  return new ExportGraphSignature(
    fields.each(object.get('input_specs'), `${where}.input_specs`, readInputSpec),
    fields.each(object.get('output_specs'), `${where}.output_specs`, readOutputSpec),
  );
}

const fieldOf = <Kind>(rows: Rows<Kind>, kind: Kind): readonly [type: string, target?: string] => {
  const [type, row] = [...rows].find(([, [each]]) => each === kind)!;
  return [type, row[1]];
};

function writeRow<Kind>(
  rows: Rows<Kind>,
  { kind, name, target }: { kind: Kind; name: string; target: string | null },
): [type: string, row: Record<string, Written>] {
  const [type, field] = fieldOf(rows, kind);
  return [type, { arg: { name }, ...(field !== undefined && { [field]: target }) }];
}

function writeInputSpec(spec: InputSpec, input: Argument): Written {
  if (spec.kind !== 'USER_INPUT') {
    const [type, row] = writeRow(inputRows, spec);
    return { [type]: spec.kind === 'BUFFER' ? { ...row, persistent: spec.persistent } : row };
  }
  if (input.form === 'constant') return { constant_input: { name: spec.name, value: writeArgument(input) } };
  return { user_input: { arg: writeArgument(input) } };
}

function writeOutputSpec(spec: OutputSpec, output: Argument): Written {
  if (spec.kind === 'USER_OUTPUT') return { user_output: { arg: writeArgument(output) } };
  const [type, row] = writeRow(outputRows, spec);
  return { [type]: row };
}

/** The mirror of {@link readSignature}. */
export function writeSignature({ inputSpecs, outputSpecs }: ExportGraphSignature, graph: Graph): Written {
  return {
    input_specs: inputSpecs.map((spec, i) => writeInputSpec(spec, graph.inputs[i])),
    output_specs: outputSpecs.map((spec, i) => writeOutputSpec(spec, graph.outputs[i])),
  };
}
