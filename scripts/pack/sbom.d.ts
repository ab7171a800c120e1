// The types of sbom.js, for tests.
export function writeSbom(
  kind: 'nodetorch' | 'addon' | 'libtorch' | 'tfjs-node' | 'tfjs-node-gpu',
  folder: string,
  file: string,
): void;
