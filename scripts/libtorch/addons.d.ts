// The types of addons.js, for lib/native/locate.ts.
export function hashSources(root: string): string | null;
export function findBuilt(sources: string | null): { file: string; problem?: string }[];
