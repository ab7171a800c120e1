// Who only looks at files needs no libtorch: 0.3 s and 400 MB of address space less.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import torch, { nn, safetensors } from 'nodetorch';
import { describePickle, loadPickle } from '../../lib/cli/pickle';
import { lastLine, runChild } from '../native/support/child';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-headers-'));
const file = path.join(folder, 'a.safetensors');
const pickled = path.join(folder, 'a.pt');
const broken = path.join(folder, 'b.safetensors');
beforeAll(() => {
  safetensors.saveFile({ x: torch.tensor([[1, 2]]) }, file, { metadata: { by: 'me' } });
  fs.writeFileSync(broken, 'abc');
  torch.save({ model: new nn.Linear(2, 3).stateDict(), epoch: 3 }, pickled);
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const onLinux = process.platform === 'linux' ? test : test.skip;
const run = (job: string, target: string) => runChild('no_libtorch_child.ts', [job, target]);

onLinux.each<[string, () => string, unknown]>([
  ['header', () => file, [['x'], { by: 'me' }, [1, 2], 'F32']],
  ['wrong', () => broken, true],
  ['inspect', () => file, 0],
  ['inspect', () => pickled, 0],
])('%s', (job, target, result) => {
  expect(lastLine(run(job, target()))).toEqual({ result, isLoaded: false });
});

const fixtures = path.join(__dirname, '../fixtures/pt');
const checkpoints = fs.readdirSync(fixtures).filter((name) => name.endsWith('.pt'));

test.each(checkpoints)('%s: what inspect says of tensors is what loads', (name) => {
  const loaded = [...loadPickle(path.join(fixtures, name))].flatMap(([key, value]) =>
    value instanceof torch.Tensor ? [[key, value.dtype.name, value.shape]] : [],
  );
  const { tensors } = describePickle(path.join(fixtures, name));
  expect(tensors.map((row) => [row.name, row.dtype, row.shape])).toEqual(loaded);
});

onLinux('tensors load it', () => {
  expect(lastLine(run('tensors', file))).toEqual({ result: [[[1, 2]]], isLoaded: true });
});

test.each(['mmap', 'pread'] as const)(
  '%s: a file that is replaced while it is open stays readable',
  (backend) => {
    const target = path.join(folder, `${backend}.safetensors`);
    const other = path.join(folder, 'other.safetensors');
    safetensors.saveFile({ x: torch.tensor([1, 2]), y: torch.tensor([3]) }, target);
    safetensors.saveFile({ x: torch.tensor([7, 8]), y: torch.tensor([9]) }, other);
    using opened = safetensors.safeOpen(target, { backend });
    fs.renameSync(other, target);
    expect(opened.getTensor('x').tolist()).toEqual([1, 2]);
    expect(opened.getTensor('y').tolist()).toEqual([3]);
    expect(safetensors.loadFile(target).get('x')!.tolist()).toEqual([7, 8]);
  },
);

test('a file that is removed while it is open stays readable, and a closed one is not', () => {
  const target = path.join(folder, 'removed.safetensors');
  safetensors.saveFile({ x: torch.tensor([1, 2]) }, target);
  const opened = safetensors.safeOpen(target);
  fs.rmSync(target);
  expect(opened.getTensor('x').tolist()).toEqual([1, 2]);
  opened.close();
  opened.close();
  expect(() => opened.getTensor('x')).toThrow('File is closed');
});
