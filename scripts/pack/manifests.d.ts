// The types of manifests.js, for tests.
export interface Manifest {
  name: string;
  version: string;
  [field: string]: unknown;
}
export function addonManifest(platform: string): Manifest;
export function libtorchManifest(platform: string): Manifest;
export function tfjsNodeManifest(): Manifest & { dependencies: Record<string, string> };
export function tfjsNodeGpuManifest(): Manifest;
export function mainManifest(): Manifest & { optionalDependencies: Record<string, string> };
