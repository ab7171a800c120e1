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
  cases: Record<string, { inputs: Tensor[]; outputs: unknown; eager: unknown }>;
}

/** What Python did with them; null where there are none here. */
export const packages: Packages | null = fs.existsSync(path.join(folder, 'packages.json'))
  ? (JSON.parse(fs.readFileSync(path.join(folder, 'packages.json'), 'utf8')) as Packages)
  : null;
export const fileOf = (name: string): string => path.join(folder, `${name}.pt2`);
