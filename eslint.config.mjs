import js from '@eslint/js';
import { require as requireTs } from 'tsx/cjs/api';
import tseslint from 'typescript-eslint';

// Our own plugin, from its sources.
const { default: nodetorch } = requireTs('./lib/eslint/index.ts', import.meta.url);

const builtins =
  'Array|ArrayBuffer|SharedArrayBuffer|DataView|Map|Set|WeakMap|Date|RegExp|Promise|URL|Object|Function|' +
  'Error|(Type|Range|Syntax|Reference)Error|(Big)?(Ui|I)nt\\d+(Clamped)?Array|Float\\d+Array';

const foreignValues = {
  selector: `BinaryExpression[operator='instanceof'][right.name=/^(${builtins})$/]`,
  message: 'False for a value of another realm: see lib/core/realm.ts.',
};
const bareErrors = {
  selector: 'NewExpression[callee.name=/^(Type|Range|)Error$/]',
  message:
    "What the package raises is a TorchError, with the name of Python's class: see lib/core/errors.ts.",
};
const restricted = (files, selectors) => ({
  files,
  rules: { 'no-restricted-syntax': ['error', ...selectors] },
});

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'packages/*/dist/',
      'build/',
      'build-gyp/',
      'coverage/',
      'docs/site/',
      'typings/aten.d.ts',
      'typings/private.d.ts',
    ],
  },
  { ignores: ['examples/serve/server.ts'] }, // of its own package, with fastify
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      // `x == null` is how null and undefined are asked about at once.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      'prefer-const': ['error', { destructuring: 'all' }],
      'object-shorthand': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Tensor's operators are declared by an interface of the same name: they are installed at load.
      '@typescript-eslint/no-unsafe-declaration-merging': 'off',
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
    },
  },
  restricted(['lib/**/*.ts'], [foreignValues, bareErrors]),
  restricted(['lib/cli/**/*.ts', 'lib/core/errors.ts'], [foreignValues]),
  restricted(['lib/core/realm.ts'], [bareErrors]),
  {
    ...nodetorch.configs.recommended,
    files: ['examples/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: nodeGlobals() },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);

function nodeGlobals() {
  const names = [
    'require',
    'module',
    'exports',
    '__dirname',
    '__filename',
    'process',
    'console',
    'Buffer',
    'URL',
  ];
  const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'];
  return Object.fromEntries([...names, ...timers].map((name) => [name, 'readonly']));
}
