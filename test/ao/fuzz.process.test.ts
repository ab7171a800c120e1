// Mutated state_dicts in int8 end in models that compute what they say or in errors of ours: in a process of their own.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import torch, { type Tensor, nn } from 'nodetorch';
import { classAndMessage } from '../errors';

test('mutations of state_dicts in int8 are read or refused', () => {
  const script = path.join(__dirname, 'fuzz.ts');
  const args = ['--no-warnings', '--require', require.resolve('tsx/cjs'), script, '1500', '3'];
  const env = { ...process.env, OMP_NUM_THREADS: '1' };
  const { status, signal, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  expect({ status, signal, stdout: stdout.slice(-2000) }).toMatchObject({ status: 0, signal: null });
  const { loaded, refused } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number>;
  expect([loaded > 100, refused > 500, loaded + refused]).toEqual([true, true, 1500]);
}, 120_000);

// What the fuzzer found: each was loaded, with another weight or none.
const { Int8WeightOnlyConfig, quantize_, quantizeDynamic } = torch.ao.quantization;
type State = Map<string, unknown>;
const dynamic = () => quantizeDynamic(new nn.Sequential(new nn.Linear(7, 5)));
const weightOnly = () => {
  const model = new nn.Sequential(new nn.Linear(7, 5));
  quantize_(model, new Int8WeightOnlyConfig());
  return model;
};
const stateIn = (model: nn.Module) => model.stateDict() as unknown as State;
const key = '0._packed_params._packed_params';
const other = () => stateIn(quantizeDynamic(new nn.Sequential(new nn.Linear(8, 5)))).get(key);
const part = (state: State) => (state.get('0.weight') as { state: State }).state;

test.each<[string, () => nn.Module, (state: State) => unknown, string]>([
  ['a packed weight that is none', dynamic, (state) => state.set(key, 0), 'is no packed weight'],
  ['one that is empty', dynamic, (state) => state.set(key, []), 'is no packed weight'],
  ['one of another shape', dynamic, (state) => state.set(key, other()), 'size mismatch'],
  ['one of another dtype', dynamic, (state) => state.set('0._packed_params.dtype', torch.float16), 'does not fit'], // prettier-ignore
  ['a bias that is none', dynamic, (state) => ((state.get(key) as unknown[])[1] = 'x'), 'is no packed weight'], // prettier-ignore
  ['a scale that is none', dynamic, (state) => state.set('0.scale', 1), '0.scale is no number in a tensor'],
  ['zero points', weightOnly, (state) => (part(state).get('zero_point') as Tensor).fill_(1), 'zero_point other than 0'], // prettier-ignore
  ['other blocks', weightOnly, (state) => part(state).set('block_size', [5, 7]), 'its block_size is 5,7'],
])('%s', (_, make, change, message) => {
  const state = stateIn(make());
  change(state);
  expect(classAndMessage(() => make().loadStateDict(state as never))).toContain(message);
});
