/**
 * torch.inductor: models that Python's AOTInductor has compiled.
 *
 * @module
 */
export { CompiledModel, type InductorLoadOptions, load } from './load';
