// Which files are nodetorch's own: the package as it is installed, or its sources.
import fs from 'node:fs';
import path from 'node:path';

const PACKAGE = 'nodetorch';
/** Where its declarations lie; its tests and examples are programs of users. */
const FOLDERS = ['dist', 'lib', 'typings'];

// By folder: the package that it belongs to, where that is nodetorch.
const roots = new Map<string, string | null>();

function nameIn(folder: string): string | undefined {
  try {
    return (JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as { name?: string }).name;
  } catch {
    return undefined; // There is none, or it says nothing: the folder above is asked.
  }
}

function rootOf(folder: string): string | null {
  const known = roots.get(folder);
  if (known !== undefined) return known;
  const name = nameIn(folder);
  const above = path.dirname(folder);
  const own = name === PACKAGE ? folder : null;
  const root = name !== undefined || above === folder ? own : rootOf(above);
  roots.set(folder, root);
  return root;
}

/** Whether nodetorch declares something in this file. */
export function isOwnFile(file: string): boolean {
  const root = rootOf(path.dirname(file));
  return root !== null && FOLDERS.includes(path.relative(root, file).split(path.sep)[0]);
}
