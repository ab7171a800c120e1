/** `torch.inductor`: models that Python's AOTInductor has compiled. */
export { CompiledModel, type InductorLoadOptions, load } from './load';
