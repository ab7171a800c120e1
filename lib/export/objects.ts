// Objects of classes that a program holds, as TorchScript's pickler writes them.
import { load } from '../serialization/load';
import { bytesSource } from '../serialization/io/source';
import { ZipReader } from '../serialization/io/zip_reader';
import { type SafeGlobal, safeGlobals } from '../serialization/pickle/safe_globals';
import { ScriptObject, classNamed } from '../tensor/script_object';
import type { Archive } from './archive';
import { damaged } from './errors';

/**
 * The object in a record. Its class takes the state that is there, and so do those of objects in it: a library that
 * registers them must have been loaded.
 */
export function readObject(archive: Archive, record: string): ScriptObject {
  const bytes = archive.zip.read(record);
  const pickle = new ZipReader(bytesSource(bytes)).read('data.pkl').toString('latin1');
  const named = pickle.matchAll(/c(__torch__\.torch\.classes(?:\.\w+)+)\n(\w+)\n/g);
  const names = new Set([...named].map(([, module, name]) => `${module}.${name}`));
  const known = [...names].map((name): SafeGlobal => {
    const Class = classNamed(name);
    if (Class) return [Class as SafeGlobal[0], name];
    throw damaged(
      `it holds an object of the class ${name.slice(0, 200)}, which no library has that is loaded: ` +
        'torch.classes.loadLibrary(path) comes before',
    );
  });
  const object = safeGlobals(known, () => load(bytes));
  if (object instanceof ScriptObject) return object;
  throw damaged(`'${record}' holds no object of a class`);
}
