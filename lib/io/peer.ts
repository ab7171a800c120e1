// Libraries that a program installs beside this one, for what it reads. Each is loaded when something first needs it.
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { TorchError } from '../core/errors';
import { here } from '../native/locate';

/**
 * The module of an optional package, for the function `reader`.
 *
 * @throws ModuleNotFoundError that names the command to install it.
 */
export function peer<T>(name: string, reader: string): T {
  try {
    return load(name) as T;
  } catch (error) {
    throw explained(error, name, reader);
  }
}

/** {@link peer} of a package that is an ES module. */
export async function importPeer<T>(name: string, reader: string): Promise<T> {
  try {
    return load(name) as T;
  } catch (error) {
    const isModule = (error as NodeJS.ErrnoException).code === 'ERR_REQUIRE_ESM';
    if (!isModule) throw explained(error, name, reader);
  }
  try {
    return (await imported(name)) as T;
  } catch (error) {
    throw explained(error, name, reader);
  }
}

// A name that bundlers do not see: they made programs bring packages that these do not use.
const load = (name: string): unknown => createRequire(origin())(name);
const origin = (): string => path.join(here(), 'any.js');

// For a `require` without ES modules: that of Node before 20.19, and of Jest, which refuses `import()` as well.
function imported(name: string): Promise<unknown> {
  const load = vm.compileFunction('return import(name)', ['name'], {
    filename: origin(),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as (name: string) => Promise<unknown>;
  return load(name);
}

function explained(error: unknown, name: string, reader: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
  if (!isMissing || !message.includes(name)) return error;
  const [scope, base] = name.split('/');
  const packageName = scope.startsWith('@') ? `${scope}/${base}` : scope;
  return new TorchError(
    `${reader}() needs the package ${packageName}: npm install ${packageName}`,
    'ModuleNotFoundError',
  );
}
