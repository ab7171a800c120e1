// All families. One that cannot be loaded is left out: its own test says why.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Family } from './family';

const others = ['family.ts', 'index.ts'];
const files = readdirSync(__dirname).filter((file) => /^[a-z_]+\.ts$/.test(file) && !others.includes(file));

function load(file: string): Family {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return Object.values(require(join(__dirname, file)) as Record<string, unknown>).find(isFamily)!;
  } catch {
    return {};
  }
}

const kinds = ['modules', 'functionals', 'errors'];
const isFamily = (value: unknown): value is Family =>
  typeof value === 'object' && value !== null && kinds.some((kind) => kind in value);

/** The families by name, and what has a row in any of them: `Linear` of `Linear/bias`. */
export const names = files.map((file) => file.slice(0, -3));
export const families = files.map(load);
export function covered(kind: keyof Family): Set<string> {
  const rows = families.flatMap((family) => Object.keys(family[kind] ?? {}));
  return new Set(rows.map((name) => name.split('/')[0]));
}
