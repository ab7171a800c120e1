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
interface BunFfi {
  dlopen(file: string, symbols: object): { symbols: { dlopen(file: Buffer, flags: number): unknown } };
}

// Where the function dlopen is: before glibc 2.34 not in libc.
const systemLibraries = process.platform === 'darwin' ? ['libSystem.B.dylib'] : ['libc.so.6', 'libdl.so.2'];

function openInBun(file: string): void {
  // Not with `require`, in which a bundler for Node would look for a package.
  const { dlopen } = createRequire(path.resolve('any.js'))('bun:ffi') as BunFfi;
  for (const name of systemLibraries) {
    try {
      const { symbols } = dlopen(name, { dlopen: { args: ['ptr', 'i32'], returns: 'ptr' } });
      symbols.dlopen(Buffer.from(`${file}\0`), os.constants.dlopen.RTLD_NOW);
      return;
    } catch {
      // The next.
    }
  }
}

/** Loads a libtorch; a problem shows when the addon is loaded. */
export function preload(libtorch: Libtorch): void {
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
