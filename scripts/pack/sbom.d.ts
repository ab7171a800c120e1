// The types of sbom.js, for tests.
export function writeSbom(kind: 'nodetorch' | 'addon' | 'libtorch', folder: string, file: string): void;
