// TorchScript source as functions.
import { bindArguments, checkMethods } from '../core/calls';
import { argumentError } from '../core/errors';
import { camelCase } from '../core/names';
import { withDefaults } from '../core/signature';
import { native } from '../native';
import { HANDLE } from '../native/handle';
import type { Handle } from '../../typings/native';
import { warnOnce } from './deprecation';
import { scriptFunction } from './script_function';
import { checkSource } from './source_text';

/** Options of `torch.jit.compile`. */
export interface CompileOptions {
  /** As that of `torch.jit.load`. Default: `false`. */
  optimize?: boolean;
}

/**
 * Functions of TorchScript, by their names and in camelCase.
 *
 * @example
 * const unit = new torch.jit.CompilationUnit('def add_relu(x, y):\n  return torch.relu(x + y)\n');
 * unit.addRelu(torch.tensor([1, -3]), torch.tensor([1, 1])).tolist(); // [2, 0]
 */
export class CompilationUnit {
  /** @internal */
  declare readonly [HANDLE]: Handle;
  /** The functions of the source. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- known only at run time
  [name: string]: any;

  constructor(...args: [source?: string, options?: CompileOptions]) {
    const [source = '', options = {}] = bindArguments('CompilationUnit(source?, options{}?)', args);
    const { optimize } = withDefaults('CompilationUnit', { optimize: false }, options);
    checkText('CompilationUnit', source);
    if (typeof optimize !== 'boolean')
      throw argumentError('CompilationUnit', 'optimize', 'a boolean', optimize);
    Object.defineProperty(this, HANDLE, { value: native.scriptUnit(source) });
    Object.defineProperty(this, '_optimize', { value: optimize });
    this._find();
  }

  /** Adds the functions that the source defines. */
  define(source: string): void {
    checkText('CompilationUnit.define', source);
    native.scriptUnitDefine(this[HANDLE], source);
    this._find();
  }

  private _find(): void {
    const handle = this[HANDLE];
    for (const name of native.scriptUnitNames(handle)) {
      const fn = scriptFunction(name, () => native.scriptFunction(handle, name), this._optimize as boolean);
      for (const each of new Set([name, camelCase(name)]))
        if (!(each in this)) Object.defineProperty(this, each, { value: fn, enumerable: each === name });
    }
  }
}
checkMethods('CompilationUnit', CompilationUnit, 'define(source)');

function checkText(fn: string, source: unknown): void {
  if (typeof source !== 'string') throw argumentError(fn, 'source', 'a string', source);
  checkSource(source, 'source');
}

/**
 * Compiles TorchScript source, a part of Python with types: libtorch's `torch::jit::compile`. Methods of a module are
 * what `ScriptModule.define` takes.
 *
 * @example
 * const { scaled } = torch.jit.compile('def scaled(x, by: float = 2.0):\n  return x * by\n') as {
 *   scaled: torch.jit.ScriptFunction;
 * };
 * scaled(torch.ones([2]), { by: 3 });
 */
export function compile(...args: [source: string, options?: CompileOptions]): CompilationUnit {
  const [source, options = {}] = bindArguments('compile(source, options{}?)', args);
  checkText('torch.jit.compile', source);
  warnOnce('compile');
  return new CompilationUnit(source, options);
}
