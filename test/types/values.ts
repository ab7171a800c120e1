// Values in and out: lists, gradients, sizes, and the types of the default import.
import torch, { nn, type Tensor, type TensorList } from 'nodetorch';
import { expectType } from './expect';

declare const x: Tensor;
declare const y: Tensor;

// tolist takes its type from where it goes, or from its type argument.
const row: number[] = x.tolist();
const rows = x.tolist<boolean[][]>();
expectType<boolean[][]>()(rows);
expectType<torch.Nested>()(x.tolist());
const mean = (values: number[]): number => values[0];
mean(x.long().tolist());
for (const [i, value] of x.tolist<number[]>().entries()) row[i] = value;
// @ts-expect-error a tensor holds no text
const texts: string[] = x.tolist();
void texts;

// Tensors of one element count as values.
expectType<Tensor>()(torch.tensor([x.sum(), y.sum()]));
torch.tensor(
  [
    [x.at(0), 2],
    [true, 3n],
  ],
  { dtype: torch.float64 },
);
torch.asTensor([x.sum(), 1]);
// @ts-expect-error text is no value
torch.tensor(['1']);

// What the default import has are types, too.
function draw(generator: torch.Generator, dtype: torch.DType, device: torch.Device): torch.Tensor {
  return torch.randn([2], { generator, dtype, device });
}
const size: torch.Size = draw(new torch.Generator(), torch.float32, torch.device('cpu')).shape;
const model: torch.nn.Module<[torch.Tensor], torch.Tensor> = new nn.Linear(1, 2);
const options: torch.nn.LinearOptions = { bias: false };
void [model, options];
// @ts-expect-error no such type
declare const nothing: torch.Generators;
void nothing;

// Sizes and lists of tensors.
const [batch, time] = size;
expectType<number>()(batch * time);
torch.zeros(x.shape);
torch.zeros([...x.shape, 1]);
x.view([x.shape[0], -1]).expand(y.shape);
expectType<TensorList>()(x.chunk(2));
expectType<TensorList>()(torch.unbind(x));
const list: Tensor[] = x.split(2);
torch.cat(x.split([1, 2]).map((part) => part.add(1)));
void list;
// @ts-expect-error sizes do not change
x.shape[0] = 2;

// Gradients are null only where that is allowed.
const [g] = torch.autograd.grad(y, x);
expectType<Tensor>()(g);
expectType<[Tensor, Tensor]>()(torch.autograd.grad(y, [x, y], { createGraph: true }));
expectType<[Tensor]>()(torch.autograd.grad(y, x, { allowUnused: true, materializeGrads: true }));
expectType<[Tensor | null]>()(torch.autograd.grad(y, x, { allowUnused: true }));
const parameters: nn.Parameter[] = [...model.parameters()];
expectType<Tensor[]>()(torch.autograd.grad(y, parameters));
// @ts-expect-error it may be null
torch.autograd.grad(y, x, { allowUnused: true })[0].norm();
