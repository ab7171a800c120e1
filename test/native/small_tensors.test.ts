import * as torch from 'nodetorch';
import cases from '../fixtures/small_tensors.json';

// native/src/operators/small_tensors.cc has its own arithmetic for a few numbers.

interface View {
  memory: string;
  shape: number[];
  strides: number[];
  offset: number;
}

function tensorOf(view: View): torch.Tensor {
  const memory = torch.tensor(Uint8Array.from(Buffer.from(view.memory, 'hex'))).view(torch.float32);
  return memory.asStrided(view.shape, view.strides, view.offset);
}

function bytesOf(tensor: torch.Tensor): string {
  const flat = tensor.contiguous().flatten();
  return Buffer.from(flat.view(torch.uint8).toTypedArray() as Uint8Array).toString('hex');
}

type Method = (other?: torch.Tensor | number) => torch.Tensor;

it.each([...new Set(cases.map(({ name }) => name))])('%s gives the bits and strides of Python', (name) => {
  for (const { input, other, result, strides } of cases.filter((one) => one.name === name)) {
    const x = tensorOf(input);
    const args = other === undefined ? [] : [typeof other === 'number' ? other : tensorOf(other)];
    const found = (x[name as 'neg'] as Method).call(x, ...args);
    expect({ bytes: bytesOf(found), strides: found.stride() }).toEqual({ bytes: result, strides });
  }
});

it('is seen by what looks at operators, and makes graphs', () => {
  const x = torch.ones([2, 3]);
  const weight = torch.full([2, 3], 2).requiresGrad_();
  x.mul(weight).sum().backward();
  expect(weight.grad!.tolist()).toEqual([
    [1, 1, 1],
    [1, 1, 1],
  ]);
  const doubled = torch.func.vmap((row: torch.Tensor) => row.add(row))(x);
  expect(doubled.tolist()).toEqual(x.mul(2).tolist());
  const [, tangent] = torch.func.jvp((y: torch.Tensor) => y.mul(y), [x], [x]);
  expect((tangent as torch.Tensor).tolist()).toEqual(x.mul(2).tolist());
  const inferred = torch.inferenceMode(() => x.neg());
  expect(inferred.isInference()).toBe(true);
  expect(torch.noGrad(() => weight.neg()).requiresGrad).toBe(false);
});
