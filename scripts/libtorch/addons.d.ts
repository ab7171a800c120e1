// The types of addons.js, for lib/native/locate.ts and tests.
export const MARK: string;
export function versionFor(file: string): string | null;
export function hashSources(root: string): string | null;
export function findBuilt(sources: string | null): { file: string; problem?: string }[];
