// The types of licences.js, for tests.
export interface Part {
  what: string;
  licence: string;
  files: string[];
}
export function partsOf(names: string[]): Part[];
export function folderOf(libtorch: { path: string; version: string }): string;
export function licencesOf(
  libtorch: { path: string; version: string },
  folder: string,
  names: string[],
): void;
