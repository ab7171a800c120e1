// Bundles of a program without tfjs: they build without a word about it, and find the addon or say how.
import fs from 'node:fs';
import path from 'node:path';
import { addon, installed, program, project, removeAll, run, tool } from './project';

const bridge = `import torch from 'nodetorch';
try { torch.tfjs.toTorch({}); } catch (error) { console.log(error.message); }`;

let made: string;
beforeAll(() => {
  made = installed('bundles', {
    'program.mjs': program,
    'bridge.mjs': bridge,
    'webpack.config.cjs': `module.exports = { mode: 'production', optimization: { minimize: false }, target: 'node',
      entry: './program.mjs', output: { path: __dirname + '/out', filename: 'webpack.cjs' } };`,
    'vite.config.mjs': `export default { build: { ssr: 'program.mjs', outDir: 'out', emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: 'vite.mjs' } } }, ssr: { noExternal: true, target: 'node' } };`,
  });
});
afterAll(removeAll);

const banner =
  "--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
const esbuild = (entry: string, format: string, out: string, ...more: string[]) =>
  ['esbuild/bin/esbuild', entry, '--bundle', '--platform=node', `--format=${format}`, `--outfile=out/${out}`, ...more]; // prettier-ignore
const bundlers: [string, string[], string[]][] = [
  ['esbuild.cjs', ['esbuild'], esbuild('program.mjs', 'cjs', 'esbuild.cjs')],
  ['esbuild.min.cjs', ['esbuild'], esbuild('program.mjs', 'cjs', 'esbuild.min.cjs', '--minify')],
  ['esbuild.mjs', ['esbuild'], esbuild('program.mjs', 'esm', 'esbuild.mjs', banner)],
  ['webpack.cjs', ['webpack@5', 'webpack-cli'], ['webpack-cli/bin/cli.js']],
  ['vite.mjs', ['vite@6'], ['vite/bin/vite.js', 'build']],
];

function bundle(packages: string[], [script, ...args]: string[]): boolean {
  const tools = tool(packages[0].split('@')[0], ...packages);
  if (!tools) return false;
  const { code, text } = run([process.execPath, path.join(tools, script), ...args], made);
  expect([code, text]).toEqual([
    0,
    expect.not.stringMatching(/tfjs|tensorflow|critical dependency|could not resolve/i),
  ]);
  return true;
}

test.each(bundlers)('%s', (file, packages, command) => {
  if (!bundle(packages, command)) return;
  const at = path.join(made, 'out', file);
  const works = { code: 0, text: '10' };
  expect(run([process.execPath, at], made, { NODETORCH_ADDON: addon })).toEqual(works);

  // Beside the package that it was made of, as on the machine where it was built.
  const release = path.join(made, 'node_modules/nodetorch/build/Release');
  fs.cpSync(path.dirname(addon), release, { recursive: true });
  expect(run([process.execPath, at], made)).toEqual(works);
  fs.rmSync(release, { recursive: true });

  // Far away: not even the current folder's packages are asked.
  const far = project(`far-${file}`);
  const moved = path.join(far, file);
  const XDG_CACHE_HOME = path.join(far, 'cache');
  fs.copyFileSync(at, moved);
  const lost = run([process.execPath, moved], made, { XDG_CACHE_HOME });
  expect(lost.code).toBe(1);
  expect(lost.text).toContain('This is a bundle, which has left the addon behind');
  expect(lost.text).toContain('NODETORCH_ADDON');
  expect(lost.text).not.toContain('has not been built yet');
  for (const name of ['nodetorch.node', 'libtorch.json']) {
    fs.copyFileSync(path.join(path.dirname(addon), name), path.join(far, name));
  }
  expect(run([process.execPath, moved], far, { XDG_CACHE_HOME })).toEqual(works);
});

test('torch.tfjs in a bundle says what to import', () => {
  if (!bundle(['esbuild'], esbuild('bridge.mjs', 'cjs', 'bridge.cjs'))) return;
  const { text } = run([process.execPath, 'out/bridge.cjs'], made, { NODETORCH_ADDON: addon });
  expect(text).toBe("torch.tfjs needs, in a bundle, that the program imports 'nodetorch/tfjs'");
});
