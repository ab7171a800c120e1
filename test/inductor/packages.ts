// Where the packages are that packages.py has compiled: `npm run test:parity` makes them, once for each environment of it.
import fs from 'node:fs';
import path from 'node:path';
import pinned from '../../scripts/libtorch/pinned';

export const folder =
  process.env.NODETORCH_INDUCTOR_PACKAGES ??
  path.join(pinned.cacheRoot(), `parity-${pinned.version}`, 'inductor');

interface Tensor {
  dtype: string;
  shape: number[];
  values: number[];
}
interface Packages {
  cases: Record<string, { inputs: (Tensor | Tensor[])[]; outputs: unknown; eager: unknown }>;
}

export const fileOf = (name: string): string => path.join(folder, `${name}.pt2`);

function read(): Packages | null {
  const results = path.join(folder, 'packages.json');
  if (!fs.existsSync(results)) return null;
  const found = JSON.parse(fs.readFileSync(results, 'utf8')) as Packages;
  return Object.keys(found.cases).every((name) => fs.existsSync(fileOf(name))) ? found : null;
}

/** What Python did with them; null where there are none here, or not all of them. */
export const packages = read();
