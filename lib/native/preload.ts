// Loads libtorch before the addon that needs it. The system's loader takes the libraries that an addon names from those
// that are loaded already, wherever they lie. So one addon serves every libtorch, and no folder need be written into it.

import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import type { Libtorch } from './locate';

// Keeps a library loaded though Node closes it for not being an addon. Not among Node's constants.
const RTLD_NODELETE = { linux: 0x1000, darwin: 0x80 }[process.platform as string];
const library = process.platform === 'darwin' ? 'libtorch.dylib' : 'libtorch.so';

// Bun and Deno close it whatever the flags are. What was opened by their ways to call C stays.
interface OtherRuntimes {
  Bun?: unknown;
  Deno?: { dlopen(file: string, symbols: object): unknown };
}
type Call = (...args: unknown[]) => unknown;
interface BunFfi {
  dlopen(file: string, symbols: object): { symbols: Record<string, Call> };
}

// Where the function dlopen is: before glibc 2.34 not in libc.
const systemLibraries = process.platform === 'darwin' ? ['libSystem.B.dylib'] : ['libc.so.6', 'libdl.so.2'];
const text = (value: string): Buffer => Buffer.from(`${value}\0`);

/** Calls a function of the system's C library in Bun. */
function callInBun(name: string, args: readonly string[], ...values: unknown[]): void {
  // Not with `require`, in which a bundler for Node would look for a package.
  const { dlopen } = createRequire(path.resolve('any.js'))('bun:ffi') as BunFfi;
  for (const file of systemLibraries) {
    try {
      const { symbols } = dlopen(file, { [name]: { args, returns: 'ptr' } });
      symbols[name](...values);
      return;
    } catch {
      // The next.
    }
  }
}

const openInBun = (file: string): void =>
  callInBun('dlopen', ['ptr', 'i32'], text(file), os.constants.dlopen.RTLD_NOW);

/** Sets a variable of the environment as libraries see it, or takes it away. */
export function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
  // Bun changes its own copy alone.
  if (!(globalThis as OtherRuntimes).Bun) return;
  if (value === undefined) callInBun('unsetenv', ['ptr'], text(name));
  else callInBun('setenv', ['ptr', 'ptr', 'i32'], text(name), text(value), 1);
}

let last: Libtorch | null = null;

/** The libtorch that was loaded before the addon; null where the addon finds its own. */
export const preloaded = (): Libtorch | null => last;

/** Loads a libtorch; a problem shows when the addon is loaded. */
export function preload(libtorch: Libtorch): void {
  last = libtorch;
  const folder = path.join(libtorch.path, 'lib');
  if (process.platform === 'win32') {
    process.env.PATH = `${folder};${process.env.PATH ?? ''}`; // where Windows looks for libraries
    return;
  }
  if (RTLD_NODELETE === undefined) return;
  const file = path.join(folder, library);
  const { Bun, Deno } = globalThis as OtherRuntimes;
  try {
    if (Bun) openInBun(file);
    else if (Deno) Deno.dlopen(file, {});
    else process.dlopen({ exports: {} }, file, os.constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch {
    // "Did not self-register", always.
  }
}
