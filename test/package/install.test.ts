// The tarball under the package managers: nothing is built, nothing is warned of, and the package works.
import fs from 'node:fs';
import path from 'node:path';
import { addon, program, project, removeAll, run, tarball, tool } from './project';

afterAll(removeAll);

interface Manager {
  packages: string;
  script: string;
  install: string[];
  ci: string[];
  rebuild: string[];
  files?: Record<string, string>;
}

const npm = {
  script: 'npm/bin/npm-cli.js',
  install: ['install', '--no-audit', '--no-fund'],
  ci: ['ci', '--no-audit', '--no-fund'],
  rebuild: ['rebuild'],
};
const managers: Record<string, Manager> = {
  'npm 10': { ...npm, packages: 'npm@10' },
  'npm 11': { ...npm, packages: 'npm@11' },
  'yarn 1': {
    packages: 'yarn@1',
    script: 'yarn/bin/yarn.js',
    install: ['install', '--no-progress'],
    ci: ['install', '--frozen-lockfile', '--no-progress'],
    rebuild: ['install', '--force', '--no-progress'],
  },
  'yarn 4': {
    packages: '@yarnpkg/cli-dist@4',
    script: '@yarnpkg/cli-dist/bin/yarn.js',
    install: ['install', '--no-immutable'],
    ci: ['install', '--immutable'],
    rebuild: ['rebuild'],
    files: { '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n', 'yarn.lock': '' },
  },
  pnpm: {
    packages: 'pnpm@10',
    script: 'pnpm/bin/pnpm.cjs',
    install: ['install', '--no-frozen-lockfile'],
    ci: ['install', '--frozen-lockfile'],
    rebuild: ['rebuild'],
  },
};

test.each(Object.entries(managers))('%s', (name, { packages, script, install, ci, rebuild, files }) => {
  const tools = tool(name.replace(' ', ''), packages);
  if (!tools) return;
  const dependencies = { nodetorch: `file:${tarball()}` };
  const made = project(name.replace(' ', ''), {
    'package.json': JSON.stringify({ name: 'project', version: '1.0.0', private: true, dependencies }),
    'program.mjs': program,
    ...files,
  });
  // yarn knows a tarball by its path and version: a cache of the machine's would bring an earlier one of ours.
  const cache = path.join(made, '../cache');
  const env = { YARN_CACHE_FOLDER: cache, YARN_GLOBAL_FOLDER: cache };
  for (const args of [install, ci, rebuild]) {
    const step = () => run([process.execPath, path.join(tools, script), ...args], made, env);
    if (args === ci) fs.rmSync(path.join(made, 'node_modules'), { recursive: true });
    const { code, text } = step();
    expect([code, text]).toEqual([
      0,
      expect.not.stringMatching(/node-gyp|install-scripts|allow-?scripts|prepare/i),
    ]);
    expect(run([process.execPath, 'program.mjs'], made, { NODETORCH_ADDON: addon })).toEqual({
      code: 0,
      text: '10',
    });
  }
});
