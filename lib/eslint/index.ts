/**
 * Rules of ESLint for programs of nodetorch, which ask for the types of the program: see docs/eslint.md. Needs
 * neither the addon nor libtorch.
 *
 * @example
 * // eslint.config.mjs
 * import nodetorch from 'nodetorch/eslint';
 * import tseslint from 'typescript-eslint';
 * export default tseslint.config(tseslint.configs.recommendedTypeChecked, nodetorch.configs.recommended, {
 *   languageOptions: { parserOptions: { projectService: true } },
 * });
 */
import type { ESLint, Linter } from 'eslint';
import * as rulesByName from './rules';

const PREFIX = 'nodetorch';

export const meta = { name: 'nodetorch/eslint', namespace: PREFIX };

// ESLint's own types describe JavaScript's syntax alone.
export const rules = rulesByName.rules as unknown as NonNullable<ESLint.Plugin['rules']>;

const recommended: Linter.Config = {
  name: `${PREFIX}/recommended`,
  files: ['**/*.{ts,tsx,mts,cts}'],
  rules: Object.fromEntries(Object.keys(rules).map((name) => [`${PREFIX}/${name}`, 'error'])),
};
export const configs: { recommended: Linter.Config } = { recommended };

const plugin: ESLint.Plugin & { configs: { recommended: Linter.Config } } = { meta, rules, configs };
recommended.plugins = { [PREFIX]: plugin };
export default plugin;
