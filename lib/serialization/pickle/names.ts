// Names of Python 2, which protocol 2 uses.

const modules: Record<string, string> = {
  __builtin__: 'builtins',
  copy_reg: 'copyreg',
  exceptions: 'builtins',
  UserDict: 'collections',
  UserList: 'collections',
  UserString: 'collections',
  Queue: 'queue',
  StringIO: 'io',
  cStringIO: 'io',
};
const renamed: Record<string, readonly [module: string, name: string]> = {
  '__builtin__.xrange': ['builtins', 'range'],
  '__builtin__.unichr': ['builtins', 'chr'],
  '__builtin__.unicode': ['builtins', 'str'],
  '__builtin__.basestring': ['builtins', 'str'],
  '__builtin__.long': ['builtins', 'int'],
  '__builtin__.reduce': ['functools', 'reduce'],
  '__builtin__.intern': ['sys', 'intern'],
  'itertools.izip': ['builtins', 'zip'],
  'itertools.imap': ['builtins', 'map'],
  'itertools.ifilter': ['builtins', 'filter'],
  'itertools.ifilterfalse': ['itertools', 'filterfalse'],
  'itertools.izip_longest': ['itertools', 'zip_longest'],
  'exceptions.StandardError': ['builtins', 'Exception'],
};

/** What Python 3 calls it. */
export function currentName(module: string, name: string): [module: string, name: string] {
  const path = `${module}.${name}`;
  const [inModule, asName] = Object.hasOwn(renamed, path) ? renamed[path] : [module, name];
  return [Object.hasOwn(modules, inModule) ? modules[inModule] : inModule, asName];
}
