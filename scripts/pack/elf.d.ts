// The types of elf.js, for tests.
export function neededVersions(file: string): Map<string, string[]>;
