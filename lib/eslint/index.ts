/**
 * Rules of ESLint for programs of nodetorch, which ask for the types of the program: see docs/eslint.md. Needs
 * neither the addon nor libtorch.
 *
 * @example
 * // eslint.config.mjs
 * import { defineConfig } from 'eslint/config';
 * import nodetorch from 'nodetorch/eslint';
 * import tseslint from 'typescript-eslint';
 * export default defineConfig(tseslint.configs.base, nodetorch.configs.recommended, {
 *   languageOptions: { parserOptions: { projectService: true } },
 * });
 *
 * @module nodetorch/eslint
 */
import fs from 'node:fs';
import path from 'node:path';
import type { ESLint, Linter } from 'eslint';
import * as rulesByName from './rules';

const PREFIX = 'nodetorch';

// By the version ESLint knows whether what it has cached is still true.
const manifest = fs.readFileSync(path.join(__dirname, '../../package.json'), 'utf8');
const { version } = JSON.parse(manifest) as { version: string };
/** The plugin's name and version, by which ESLint keeps its cache. */
export const meta = { name: 'nodetorch/eslint', version, namespace: PREFIX };

// ESLint's own types describe JavaScript's syntax alone.
/** The rules by name, without the plugin's prefix. */
export const rules = rulesByName.rules as unknown as NonNullable<ESLint.Plugin['rules']>;

const recommended: Linter.Config = {
  name: `${PREFIX}/recommended`,
  files: ['**/*.{ts,tsx,mts,cts}'],
  rules: Object.fromEntries(Object.keys(rules).map((name) => [`${PREFIX}/${name}`, 'error'])),
};
/** Configurations to put into `eslint.config.js`. */
export const configs: { recommended: Linter.Config } = { recommended };

/** The plugin, as ESLint takes it. */
const plugin: ESLint.Plugin & { configs: { recommended: Linter.Config } } = { meta, rules, configs };
recommended.plugins = { [PREFIX]: plugin };
export default plugin;
