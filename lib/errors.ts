/** An error raised by libtorch. Its message is libtorch's. */
export class TorchError extends Error {
  override readonly name = 'TorchError';
  /** The C++ stack, where the environment variable `TORCH_SHOW_CPP_STACKTRACES=1` asks for it; else empty. */
  declare readonly backtrace: string;

  constructor(
    message: string,
    /** The exception that Python would raise: `'RuntimeError'`, `'IndexError'`, `'ValueError'` ... */
    readonly kind: string = 'RuntimeError',
    backtrace = '',
  ) {
    super(message.replace(typeName, pythonType));
    Object.defineProperty(this, 'backtrace', { value: backtrace, enumerable: false });
  }
}

// Tensor types have names of their own in C++ ("CPUFloatType"); Python puts its own for them.
const typeName =
  /\b(Sparse)?(CPU|CUDA)(B?Float\w*|Byte|Char|Short|Int|Long|Double|Half|Bool|Complex\w+)Type\b/g;
function pythonType(_: string, sparse: string | undefined, device: string, name: string): string {
  return `torch.${device === 'CUDA' ? 'cuda.' : ''}${sparse ? 'sparse.' : ''}${name}Tensor`;
}

/** The TypeError for a wrong argument: names function, argument, what was expected and what came. */
export function argumentError(fn: string, argument: string, expected: string, got: unknown): TypeError {
  return new TypeError(`${fn}(): argument '${argument}' must be ${expected}, not ${describe(got)}`);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `array of length ${value.length}`;
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  if (typeof value === 'string') return `string '${value.slice(0, 40)}'`;
  if (typeof value === 'object') return value.constructor?.name ?? 'object';
  return typeof value;
}
