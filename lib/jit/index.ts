/** `torch.jit`: programs of TorchScript, which Python's `torch.jit.script` and `trace` made. */
export { type JitLoadOptions, load, save } from './load';
export { freeze, type FreezeOptions, optimizeForInference, type OptimizeOptions } from './freeze';
export { ScriptModule } from './script_module';
export type { ScriptFunction } from './script_function';
export { ScriptValue } from './script_value';
import './results';
export type { ExtraFiles } from './save';
export { CompilationUnit, compile, type CompileOptions } from './compilation_unit';
