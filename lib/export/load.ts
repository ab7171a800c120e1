/** torch.export.load: what Python's torch.export.save wrote. */
import { fileURLToPath } from 'node:url';
import { bindArguments } from '../core/calls';
import { TorchError, argumentError } from '../core/errors';
import { isError, isURL, isUint8Array } from '../core/realm';
import { bytesSource, fileSource } from '../serialization/io/source';
import { tuple } from '../serialization';
import { save } from '../serialization/save';
import type { Tensor } from '../tensor';
import { Archive } from './archive';
import { SerializeError, damaged } from './errors';
import * as fields from './fields';
import { asObject, asText } from './fields';
import type { ValueRange } from './guards';
import type { Json, JsonObject } from './json';
import { ExportedProgram, type Constant, type ProgramParts } from './program';
import { checkCallSpec, readTreeSpec } from './pytree_read';
import { readGraph } from './schema';
import { readSignature } from './signature';
import { readTensors } from './weights';
import { asWritten } from './write';

const SCHEMA_MAJOR = 8;

/**
 * Reads a program that Python saved with `torch.export.save`: a `.pt2` file, or its bytes. Nothing in the file is run,
 * until the program is called; then its operators are.
 *
 * @throws TorchError (SerializeError) for a file that is damaged, of another version, or something else.
 *
 * @example
 * const program = torch.export.load('model.pt2');
 * const model = program.module();
 * const y = model(torch.randn([4, 8]));
 */
export function load(...args: [file: string | URL | Uint8Array]): ExportedProgram {
  const [file] = bindArguments('load(file{})', args);
  const bytes = isUint8Array(file);
  if (!bytes && typeof file !== 'string' && !isURL(file)) {
    throw argumentError('torch.export.load', 'file', 'a path or a Uint8Array', file);
  }
  const path = bytes ? null : typeof file === 'string' ? file : fileURLToPath(file as URL);
  const source = path === null ? bytesSource(file as Uint8Array) : fileSource(path, false);
  try {
    const archive = new Archive(source);
    return readProgram(
      archive,
      () => readTensors<Tensor>(archive, 'weights'),
      () => readTensors<Constant>(archive, 'constants'),
    );
  } catch (error) {
    throw explained(error, path);
  } finally {
    source.close();
  }
}

// Names the file. Errors that a damaged file led libtorch or JavaScript into are the file's.
function explained(error: unknown, path: string | null): unknown {
  if (!isError(error) || 'syscall' in error) return error;
  const name = path === null ? 'these bytes' : `'${path}'`;
  const wrapped = new SerializeError(`torch.export.load(): cannot load ${name}: ${error.message}`);
  if (!(error instanceof TorchError)) wrapped.cause = error;
  return wrapped;
}

/** The program in an archive, with the tensors and constants that these give. */
export function readProgram(
  archive: Archive,
  stateDict: () => Map<string, Tensor>,
  constants: () => Map<string, Constant>,
): ExportedProgram {
  const program = asObject(...archive.program());
  checkVersion(program);
  const module = asObject(program.get('graph_module'), 'graph_module');
  const graph = readGraph(module.get('graph'), 'graph');
  const graphSignature = readSignature(module.get('signature'), 'signature');
  if (graphSignature.inputSpecs.length !== graph.inputs.length) {
    throw damaged(
      `it has ${graph.inputs.length} inputs, and ${graphSignature.inputSpecs.length} in its signature`,
    );
  }
  return new ExportedProgram({
    graph,
    graphSignature,
    stateDict: stateDict(),
    constants: constants(),
    rangeConstraints: fields.eachValue(program.get('range_constraints'), 'range_constraints', readRange),
    ...readCall(module),
    guardsCode: fields.each(program.get('guards_code') ?? [], 'guards_code', asText),
    torchVersion: String(program.get('torch_version') ?? '<=2.4'),
    exampleInputs: keptExamples(archive),
    opsetVersion: fields.eachValue(program.get('opset_version'), 'opset_version', fields.asCount),
  });
}

// Read now, since the file is closed then, and looked into by nobody.
function keptExamples(archive: Archive): () => Uint8Array {
  const kept = archive.exampleInputs();
  return () => kept ?? save(tuple(tuple(), {}));
}

function checkVersion(program: JsonObject): void {
  const version = asObject(program.get('schema_version'), 'schema_version');
  const [major, minor] = ['major', 'minor'].map((part) =>
    fields.asCount(version.get(part), `schema_version.${part}`),
  );
  if (major === SCHEMA_MAJOR || (major === 0 && minor === 0)) return; // as Python
  throw damaged(
    `Serialized schema version ${major}.${minor} does not match our current schema version ${SCHEMA_MAJOR}.x.`,
  );
}

function readRange(value: Json, where: string): ValueRange {
  const object = asObject(value, where);
  const bound = (name: string): number | bigint | null => {
    const given = object.get(name);
    return given == null ? null : fields.asInt(given, `${where}.${name}`);
  };
  return { lower: bound('min_val'), upper: bound('max_val') };
}

function readCall(module: JsonObject): Pick<ProgramParts, 'callSpec' | 'argumentNames' | 'moduleCalls'> {
  const [entry, ...others] = fields.asList(module.get('module_call_graph'), 'module_call_graph');
  const signature = asObject(asObject(entry, 'module_call_graph[0]').get('signature'), 'signature');
  const named = fields.eachValue(module.get('treespec_namedtuple_fields'), 'named tuples', (value, where) =>
    fields.each(asObject(value, where).get('field_names'), where, asText),
  );
  const spec = (name: string) => readTreeSpec(asText(signature.get(name), name), named, name);
  const callSpec = { inSpec: spec('in_spec'), outSpec: spec('out_spec') };
  checkCallSpec(callSpec.inSpec);
  const names = signature.get('forward_arg_names');
  const argumentNames = names == null ? [] : fields.each(names, 'forward_arg_names', asText);
  return { callSpec, argumentNames, moduleCalls: others.map((other) => asWritten(other)) };
}
