// .github/workflows: what actionlint, `npm run lint:workflows`, does not ask for.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import own from '../../package.json';
import platforms from '../../scripts/libtorch/platforms.json';

const root = path.join(__dirname, '../..');
const folder = path.join(root, '.github/workflows');
const workflows = fs
  .readdirSync(folder)
  .map((name) => ({ name, text: fs.readFileSync(path.join(folder, name), 'utf8') }));

test.each(workflows)('$name runs no action that can change behind its name', ({ text }) => {
  const uses = [...text.matchAll(/\buses: (.*)$/gm)].map(([, what]) => what);
  expect(uses.length).toBeGreaterThan(0);
  for (const what of uses) {
    expect(what).toMatch(
      /^(actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\.\/\.github\/workflows\/\w+\.yml)$/,
    );
  }
});

test('an action has one commit in all of them', () => {
  const all = workflows.flatMap(({ text }) => [...text.matchAll(/\buses: (actions\/[\w-]+)@(.*)$/gm)]);
  const commits = new Map(all.map(([, action, commit]) => [action, commit]));
  for (const [, action, commit] of all) expect([action, commit]).toEqual([action, commits.get(action)]);
});

test.each(workflows)('$name may read by default, and what writes is a job of its own', ({ text }) => {
  expect(text).toMatch(/^permissions:\n {2}contents: read\n\n/m);
  const granted = [...text.matchAll(/^ +([\w-]+): write/gm)].map(([, what]) => what);
  expect(granted).toEqual(text.includes('name: Release') ? ['id-token', 'contents'] : []);
  expect(text).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|pull_request_target/);
});

// A text of somebody else in a command is a command of somebody else.
test.each(workflows)('no command of $name has an expression in it', ({ text }) => {
  const commands = [...text.matchAll(/\brun: (\|\n(?:(?: {10}.*)?\n)+|.*$)/gm)].map(([, command]) => command);
  expect(commands.filter((command) => command.includes('${{'))).toEqual([]);
});

test('every platform is built and tried', () => {
  const { text } = workflows.find(({ name }) => name === 'prebuild.yml')!;
  for (const platform of Object.keys(platforms)) {
    expect(text.match(new RegExp(`platform: ${platform},`, 'g'))).toHaveLength(2);
  }
  expect(text).toContain('node: [20, 22, 24, 26]');
});

test.each([
  [`v${own.version}0`, `the tag is v${own.version}0, and package.json says ${own.version}`],
  [`v${own.version}`, 'repository' in own ? '' : 'package.json names no repository'],
])('a release of %s', (tag, message) => {
  const args = [path.join(root, 'scripts/publish.js'), '--check', tag];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: message ? 1 : 0, stderr: expect.stringContaining(message) });
});
