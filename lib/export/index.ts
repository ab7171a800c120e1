/**
 * torch.export: programs that Python exported, run without Python.
 *
 * @module nodetorch/export
 */
export { export_ as export, type ExportOptions } from './export';
export {
  Dim,
  Dimension,
  DimHint,
  type DimHintFactory,
  type DimHintOptions,
  type DimOptions,
} from './dynamic/dim';
export type { DynamicShapes } from './dynamic/shapes';
export { load } from './load';
export { save } from './save';
export { ExportedProgram, type CallSpec } from './program';
export type { ExportedModule } from './module';
export { SerializeError } from './errors';
export { ExportGraphSignature, InputSpec, type InputKind, OutputSpec, type OutputKind } from './signature';
export type { ValueRange } from './guards';
export type { TreeSpec } from './pytree';
export type { Argument, Graph, NamedArgument, Node } from './graph';
