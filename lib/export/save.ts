/** torch.export.save: what Python's torch.export.load reads. */
import { fileURLToPath } from 'node:url';
import { bindArguments } from '../core/calls';
import { argumentError } from '../core/errors';
import * as dtypes from '../core/dtype';
import { isURL } from '../core/realm';
import { Parameter } from '../nn/parameter';
import { writeAtomically } from '../serialization/io/atomic';
import { fileSink, memorySink, type Sink } from '../serialization/io/sink';
import { ZipWriter } from '../serialization/io/zip_writer';
import * as aten from '../tensor/aten';
import { Tensor } from '../tensor';
import type { TensorKind } from './archive';
import { damaged } from './errors';
import { metaOf } from './meta';
import { ExportedProgram } from './program';
import { namedTuples, writeTreeSpec } from './pytree_write';
import { writeSignature } from './signature';
import { type Written, jsonText, writeGraph, writeTensorMeta } from './write';

const records: Readonly<Record<TensorKind, string>> = { weights: 'weight', constants: 'tensor' };

/**
 * Writes a program to a file that Python's `torch.export.load` reads, and {@link load}; or returns the bytes of such a
 * file. A crash or a full disk leaves the old file whole.
 *
 * @throws TorchError (SerializeError) for what cannot be written: objects of classes, tokens.
 */
export function save(program: ExportedProgram, path: string | URL): void;
export function save(program: ExportedProgram): Uint8Array;
export function save(...args: [program: ExportedProgram, path?: string | URL]): Uint8Array | void {
  const [program, path] = bindArguments('torch.export.save(program{}, path?)', args);
  if (!(program instanceof ExportedProgram)) {
    throw argumentError('torch.export.save', 'program', 'an ExportedProgram', program);
  }
  const text = jsonText(programJson(program)); // before anything is written
  if (path === undefined) {
    const sink = memorySink();
    writeArchive(sink, program, text);
    return sink.result();
  }
  if (typeof path !== 'string' && !isURL(path)) {
    throw argumentError('torch.export.save', 'path', 'a path', path);
  }
  const target = typeof path === 'string' ? path : fileURLToPath(path);
  writeAtomically(target, (fd) => writeArchive(fileSink(fd), program, text));
}

function programJson(program: ExportedProgram): Written {
  const { graph, graphSignature, callSpec, argumentNames } = program;
  const signature = {
    inputs: [],
    outputs: [],
    in_spec: writeTreeSpec(callSpec.inSpec),
    out_spec: writeTreeSpec(callSpec.outSpec),
    forward_arg_names: argumentNames,
  };
  return {
    graph_module: {
      graph: writeGraph(graph),
      signature: writeSignature(graphSignature, graph),
      module_call_graph: [{ fqn: '', signature }, ...program.moduleCalls],
      metadata: {},
      treespec_namedtuple_fields: namedTuples(callSpec.inSpec, callSpec.outSpec),
    },
    opset_version: { aten: 10 },
    range_constraints: Object.fromEntries(
      [...program.rangeConstraints].map(([name, { lower, upper }]) => [
        name,
        { min_val: lower, max_val: upper },
      ]),
    ),
    schema_version: { major: 8, minor: 20 },
    verifiers: ['TRAINING'],
    torch_version: program.torchVersion,
    guards_code: program.guardsCode,
  };
}

function writeArchive(sink: Sink, program: ExportedProgram, text: string): void {
  const zip = new ZipWriter(sink);
  writeTensors(zip, 'weights', program.stateDict);
  writeTensors(zip, 'constants', program.constants);
  zip.write('models/model.json', text);
  zip.write('data/sample_inputs/model.pt', program.exampleInputs);
  zip.write('archive_format', 'pt2');
  zip.write('archive_version', '0');
  zip.write('.data/version', '6\n');
  zip.write('byteorder', 'little');
  zip.write('.data/serialization_id', zip.serializationId());
  zip.end();
  sink.flush();
}

// Tensors that share memory have one record.
function writeTensors(zip: ZipWriter, kind: TensorKind, values: ReadonlyMap<string, unknown>): void {
  const names = new Map<bigint, string>();
  const config: Record<string, Written> = {};
  for (const [path, value] of values) {
    if (!(value instanceof Tensor)) throw damaged(`'${path}' is no tensor, and cannot be written yet`);
    const { id } = value.storage();
    const name = names.get(id) ?? `${records[kind]}_${names.size}`;
    if (!names.has(id)) {
      names.set(id, name);
      zip.writeTensor(`data/${kind}/${name}`, bytesOf(value));
    }
    config[path] = {
      path_name: name,
      is_param: value instanceof Parameter,
      use_pickle: false,
      tensor_meta: writeTensorMeta(metaOf(value)),
    };
  }
  zip.write(`data/${kind}/model_${kind}_config.json`, jsonText({ config }));
}

// The whole of its memory, on the CPU.
function bytesOf(tensor: Tensor): Tensor {
  const count = Math.floor(tensor.storage().nbytes / tensor.dtype.itemsize);
  const whole = aten.asStrided(tensor.detach(), [count], [1], 0).to('cpu');
  return count === 0 ? aten.empty([0], { dtype: dtypes.uint8 }) : whole.view(dtypes.uint8);
}
