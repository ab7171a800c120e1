// .pt2 files: what a program of torch.export takes, gives and calls, without its weights.
import { Archive, type TensorKind } from '../export/archive';
import { readProgram } from '../export/load';
import { readPayloads } from '../export/weights';
import { fileSource } from '../serialization/io/source';
import type { Graph } from '../export/graph';
import type { Description, ProgramDescription, TensorRow } from './description';

/** What is in the program in `file`. Of the tensors that older versions wrote it says nothing. */
export function describeProgram(file: string): Pick<Description, 'tensors' | 'program'> {
  const source = fileSource(file, false);
  try {
    const archive = new Archive(source);
    const tensors = (['weights', 'constants'] as const).flatMap((kind) => tensorRows(archive, kind));
    return { tensors, program: programOf(archive) };
  } finally {
    source.close();
  }
}

function tensorRows(archive: Archive, kind: TensorKind): TensorRow[] {
  return [...readPayloads(archive, kind)].flatMap(([name, { meta }]) => {
    if (meta === null) return [];
    const shape = meta.sizes.map(Number);
    const count = shape.reduce((product, size) => product * size, 1);
    return { name, dtype: meta.dtype.name, shape, bytes: count * meta.dtype.itemsize };
  });
}

function programOf(archive: Archive): ProgramDescription {
  const program = readProgram(
    archive,
    () => new Map(),
    () => new Map(),
  );
  const { inputSpecs, outputSpecs } = program.graphSignature;
  const operators = new Map<string, number>();
  const nodes = countOperators(program.graph, operators);
  return {
    torchVersion: program.torchVersion,
    inputs: inputSpecs.map(String),
    outputs: outputSpecs.map(String),
    ranges: [...program.rangeConstraints].map(
      ([name, { lower, upper }]) => `${lower ?? ''} <= ${name} <= ${upper ?? ''}`,
    ),
    nodes,
    operators: Object.fromEntries([...operators].sort(([a], [b]) => (a < b ? -1 : 1))),
    code: program.code,
  };
}

// Those of the graphs in it are counted, too.
function countOperators(graph: Graph, counts: Map<string, number>): number {
  let nodes = graph.nodes.length;
  for (const { target, inputs } of graph.nodes) {
    counts.set(target, (counts.get(target) ?? 0) + 1);
    for (const { argument } of inputs) {
      if (argument.form === 'graph') nodes += countOperators(argument.graph, counts);
    }
  }
  return nodes;
}
