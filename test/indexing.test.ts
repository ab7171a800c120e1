// Subscripts as in Python: every row of fixtures/indexing.json, read and assigned.
import * as torch from 'nodetorch';
import type { Index, Tensor } from 'nodetorch';
import fixture from './fixtures/indexing.json';

type Encoded = number | boolean | null | string | Encoded[] | { tensor: never; dtype: torch.DTypeName };
type Outcome = { shape?: number[]; values?: number[]; error?: string; message?: string };
interface Case {
  shape: number[];
  indices: Encoded[];
  read: Outcome | null;
  assign: { value: number | { arange: number[] }; result: Outcome }[];
}

const cases = fixture.cases as unknown as Case[];
const count = (shape: number[]) => shape.reduce((product, size) => product * size, 1);
const source = (shape: number[]) => torch.arange(count(shape)).reshape(shape);
const plain = (tensor: Tensor): Outcome => ({
  shape: [...tensor.shape],
  values: tensor.flatten().tolist() as number[],
});

function decode(index: Encoded): Index {
  if (typeof index !== 'object' || index === null || Array.isArray(index)) return index as Index;
  return torch.tensor(index.tensor, { dtype: index.dtype });
}

function valueOf(value: number | { arange: number[] }): number | Tensor {
  if (typeof value === 'number') return value;
  return torch.arange(100, 100 + count(value.arange)).reshape(value.arange);
}

function outcome(body: () => Tensor): Outcome {
  try {
    return plain(body());
  } catch (error) {
    const { kind = 'TypeError', message } = error as Error & { kind?: string };
    return { error: kind, message: message.split('\n')[0] };
  }
}

const written = (one: Case) => `[${one.shape}] at ${JSON.stringify(one.indices)}`;

describe('at', () => {
  for (const one of cases.filter((each) => each.read)) {
    test(written(one), () => {
      expect(outcome(() => source(one.shape).at(...one.indices.map(decode)))).toEqual(one.read);
    });
  }
});

describe('setAt', () => {
  for (const one of cases) {
    test(written(one), () => {
      for (const { value, result } of one.assign) {
        const target = source(one.shape);
        expect([value, outcome(() => target.setAt(one.indices.map(decode), valueOf(value)))]).toEqual([
          value,
          result,
        ]);
      }
    });
  }
});
