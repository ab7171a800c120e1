// The bills of materials that `npm run pack:all` writes, against CycloneDX's own schema.
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import {
  addonManifest,
  libtorchManifest,
  mainManifest,
  tfjsNodeGpuManifest,
  tfjsNodeManifest,
} from '../../scripts/pack/manifests';
import { dependencies } from '../install/packages';
import { writeSbom } from '../../scripts/pack/sbom';

const platform = 'linux-x64';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-sbom-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

// Packages as pack-all.js lays them out.
const files = {
  'nodetorch/package.json': JSON.stringify(mainManifest()),
  'tfjs-node/package.json': JSON.stringify(tfjsNodeManifest()),
  'tfjs-node-gpu/package.json': JSON.stringify(tfjsNodeGpuManifest()),
  'addon/package.json': JSON.stringify(addonManifest(platform)),
  'addon/nodetorch.node': 'an addon',
  'libtorch/package.json': JSON.stringify(libtorchManifest(platform)),
  'libtorch/lib/libtorch_cpu.so': 'libtorch',
  'libtorch/lib/libgomp.so.1': 'libgomp',
  'libtorch/licenses/third_party/fmt/LICENSE': 'of fmt',
  'libtorch/licenses/third_party/fbgemm/external/asmjit/LICENSE.md': 'of asmjit',
};
beforeAll(() => {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
});

interface Component {
  name: string;
  version?: string;
  hashes?: { alg: string; content: string }[];
  licenses?: object[];
  'bom-ref': string;
}
interface Bill {
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

function billOf(kind: Parameters<typeof writeSbom>[0]): { text: string; bill: Bill } {
  const file = path.join(folder, `${kind}.cdx.json`);
  writeSbom(kind, path.join(folder, kind), file);
  const text = fs.readFileSync(file, 'utf8');
  return { text, bill: JSON.parse(text) as Bill };
}
const namesOf = ({ components }: Bill) => components.map(({ name }) => name).sort();

test.each(['nodetorch', 'addon', 'libtorch', 'tfjs-node', 'tfjs-node-gpu'] as const)(
  'that of %s is valid, whole and the same again',
  async (kind) => {
    const { text, bill } = billOf(kind);
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    expect(await validator.validate(text.replace('"CycloneDX"', '"Cyclone"'))).not.toBeNull();
    expect(billOf(kind).text).toBe(text);

    const refs = [bill.metadata.component, ...bill.components].map((one) => one['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    expect(bill.dependencies.map(({ ref }) => ref).sort()).toEqual(refs.sort());
    for (const { dependsOn = [] } of bill.dependencies)
      expect(refs).toEqual(expect.arrayContaining(dependsOn));
  },
);

test('nodetorch: what npm installs with it, and what it would for another platform', () => {
  const { bill } = billOf('nodetorch');
  expect(namesOf(bill)).toEqual(
    [...dependencies, ...Object.keys(mainManifest().optionalDependencies)].sort(),
  );
  const { packages } = JSON.parse(
    fs.readFileSync(path.join(__dirname, '../../package-lock.json'), 'utf8'),
  ) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  const progress = bill.components.find(({ name }) => name === 'cli-progress')!;
  const { version, integrity } = packages['node_modules/cli-progress'];
  expect(progress.version).toBe(version);
  expect(Buffer.from(progress.hashes![0].content, 'hex').toString('base64')).toBe(integrity.split('-')[1]);
});

test('the addon: the file by its sum, and the headers that it was compiled with', () => {
  const { bill } = billOf('addon');
  expect(namesOf(bill)).toEqual([
    expect.stringMatching(/^@nodetorch\/libtorch-/),
    'node-addon-api',
    'node-api-headers',
    'nodetorch.node',
  ]);
  const content = crypto.createHash('sha256').update('an addon').digest('hex');
  expect(bill.components[0].hashes).toEqual([{ alg: 'SHA-256', content }]);
});

test('libtorch: its libraries, what is linked into them, and the sources of others', () => {
  const { bill } = billOf('libtorch');
  const linked = process.arch === 'x64' ? ['oneMKL, of Intel, inside libtorch_cpu'] : [];
  expect(namesOf(bill)).toEqual(
    ['torch', 'lib/libtorch_cpu.so', 'lib/libgomp.so.1', 'fmt', 'fbgemm/external/asmjit', ...linked].sort(),
  );
  const gomp = bill.components.find(({ name }) => name === 'lib/libgomp.so.1')!;
  expect(gomp.licenses).toEqual([{ expression: 'GPL-3.0-or-later WITH GCC-exception-3.1' }]);
});
