// A name in a pickle.
import { bindArguments } from '../../core/calls';
import { checkText } from '../../core/errors';

type Make = (args: readonly unknown[]) => unknown;

/** What happens where a pickle calls a name, and where it wants an object without the constructor's call. */
interface Behaviour {
  readonly call: Make | null;
  readonly new: Make | null;
}
const behaviours = new WeakMap<PythonClass, Behaviour>();
const modules = new WeakMap<PythonClass, string>();

/**
 * A class or function of Python as a value: `builtins.float` in a dict of hyper-parameters. `torch.save` writes it as
 * what it was.
 */
export class PythonClass {
  /** With its module, for example `'argparse.Namespace'`. */
  readonly name: string;

  constructor(...args: [name: string]) {
    const [name] = bindArguments('PythonClass(name)', args);
    checkText('PythonClass', 'name', name);
    this.name = name;
  }
}

/** Says what a name does. Null: it is a value alone. */
export function define<C extends PythonClass>(made: C, call: Make | null, create: Make | null = null): C {
  behaviours.set(made, { call, new: create });
  return made;
}

/** What {@link define} said; undefined for a name of which nothing is known. */
export const behaviourOf = (made: PythonClass): Behaviour | undefined => behaviours.get(made);

/** The name of what is defined in `module`; the rest of the path may have dots, too. */
export function named(module: string, name: string): PythonClass {
  const made = new PythonClass(`${module}.${name}`);
  modules.set(made, module);
  return made;
}

/** Module and name in it. */
export function partsOf(made: PythonClass): [module: string, name: string] {
  const module = modules.get(made) ?? made.name.slice(0, Math.max(made.name.lastIndexOf('.'), 0));
  return [module, made.name.slice(module.length === 0 ? 0 : module.length + 1)];
}
