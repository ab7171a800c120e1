// Two hundred steps of every scheduler: the learning rates and momenta to the last bit, and the state_dict.
import { optim } from 'nodetorch';
import fixture from '../fixtures/scheduler.json';
import { type Setting, run } from './scheduler_run';

interface Row {
  name: string;
  args: Record<string, unknown>;
  setting: Setting;
  digests: string;
  state: unknown;
  groups: unknown;
  last: unknown;
  resumed?: string;
}
const rows = fixture.cases as unknown as Row[];
const title = ({ name, args, setting }: Row) => `${name} ${JSON.stringify(args)} ${JSON.stringify(setting)}`;

describe.each(rows.map((row) => [title(row), row] as const))('%s', (_, row) => {
  it('equals Python in every step, and in its state', () => {
    const { digests, state, groups, last } = run(row.name, row.args, row.setting);
    expect(digests).toBe(row.digests);
    expect(last).toEqual(row.last);
    expect(state).toEqual(row.state);
    expect(groups).toEqual(row.groups);
  });
  it('goes on from a state_dict', () => {
    expect(run(row.name, row.args, row.setting, 76).digests).toBe(row.resumed ?? row.digests);
  });
});

it('has a row for every scheduler', () => {
  const named = new Set(rows.map(({ name }) => name));
  const names = Object.keys(optim.lrScheduler).filter((name) => name !== 'LRScheduler');
  expect(names.filter((name) => !named.has(name))).toEqual([]);
});
