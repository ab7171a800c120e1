/**
 * torch.export: programs that Python exported, run without Python.
 *
 * @module nodetorch/export
 */
export { load } from './load';
export { ExportedProgram, type CallSpec } from './program';
export type { ExportedModule } from './module';
export { SerializeError } from './errors';
export { ExportGraphSignature, InputSpec, type InputKind, OutputSpec, type OutputKind } from './signature';
export type { ValueRange } from './guards';
export type { TreeSpec } from './pytree';
export type { Argument, Graph, NamedArgument, Node } from './graph';
