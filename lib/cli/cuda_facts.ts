// What a libtorch for CUDA needs beside itself, and what of it is there. Looks at files alone: a library that is missing
// may be why nothing loads.
import fs from 'node:fs';
import path from 'node:path';

const isCuda = (name: string): boolean => /^(lib)?torch_cuda\.(so|dll)$/.test(name);

/** NVIDIA's libraries lie in libtorch's own lib/, as in the archives, or in packages beside it, as pip installs them. */
function nvidiaLibraries(folder: string, own: readonly string[]): string {
  if (own.some((name) => /^(lib)?cudart/.test(name))) return "NVIDIA's libraries: in its own lib/";
  const beside = path.join(folder, '../nvidia');
  const found = fs.existsSync(beside)
    ? fs.readdirSync(beside).filter((name) => fs.existsSync(path.join(beside, name, 'lib')))
    : [];
  return found.length > 0
    ? `NVIDIA's libraries: ${found.sort().join(', ')} in ${beside}`
    : `missing: NVIDIA's libraries, which pip installs with torch into ${beside}`;
}

// As the system has the driver: on Linux its kernel module says its version.
function driver(): string {
  if (process.platform === 'win32') {
    const file = path.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'nvcuda.dll');
    return fs.existsSync(file) ? 'driver: installed' : `missing: NVIDIA's driver (${file})`;
  }
  const file = '/proc/driver/nvidia/version';
  if (!fs.existsSync(file)) return `missing: NVIDIA's driver (${file}); programs run on the CPU`;
  const version = /Module\s+(?:for \S+\s+)?([\d.]+)/.exec(fs.readFileSync(file, 'utf8'))?.[1];
  const devices = fs.readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name));
  const seen =
    devices.length > 0 ? `devices: ${devices.join(', ')}` : 'missing: a device (/dev/nvidia0 and so on)';
  return `driver: ${version ?? 'of unknown version'}\n${seen}`;
}

/** Why no device for CUDA is at hand, for the libtorch in `folder`. */
export function cudaFacts(folder: string | null): string {
  const libraries = path.join(folder ?? '', 'lib');
  if (folder === null || !fs.existsSync(libraries)) return 'not available: there is no libtorch';
  const own = fs.readdirSync(libraries);
  if (!own.some(isCuda))
    return 'not available: this libtorch is the cpu variant (npx nodetorch install --cuda 13.0 gets another)';
  return ['built in, but no device is available', nvidiaLibraries(folder, own), driver()].join('\n');
}
