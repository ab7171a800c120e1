// Containers know the modules in them.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import { expectType } from './expect';

declare const x: Tensor;

class Block extends nn.Module {
  width = 2;
  override forward(input: Tensor, mask?: Tensor): Tensor {
    return mask ? input.mul(mask) : input;
  }
}
class Head extends nn.Module {
  override forward(input: Tensor): { logits: Tensor } {
    return { logits: input };
  }
}

// ModuleList: of one class, of several, of any.
class Stack extends nn.Module {
  layers: nn.ModuleList<Block>;
  constructor() {
    super();
    this.layers = new nn.ModuleList(Array.from({ length: 2 }, () => new Block()));
  }
  override forward(input: Tensor): Tensor {
    for (const layer of this.layers) input = layer(input);
    for (const [i, layer] of this.layers.entries()) input = layer(input.mul(i));
    return input;
  }
}
const { layers } = new Stack();
expectType<Block>()(layers[0]);
expectType<Block>()(layers.at(-1));
expectType<Block>()(layers.pop());
expectType<number[]>()(layers.map((layer, i) => layer.width * i));
expectType<IterableIterator<number>>()(layers.keys());
expectType<Block[]>()([...layers.values()]);
expectType<nn.ModuleList<Block>>()(layers.slice(1).append(new Block()));
layers.insert(0, new Block());
expectType<Block | nn.ReLU>()(layers.concat([new nn.ReLU()])[0]);
const mixed = new nn.ModuleList([new nn.Linear(1, 1), new nn.ReLU()]);
expectType<Tensor>()(mixed[0](x));
const any = new nn.ModuleList();
any.append(new Block()).extend([new nn.ReLU()]);
expectType<nn.Module>()(any[0]);
const wide: nn.ModuleList = layers;
void wide;
// @ts-expect-error not a Block
layers.append(new nn.ReLU());
// @ts-expect-error not a Block
layers.setAt(0, new nn.ReLU());
// @ts-expect-error no such field
void layers[0].height;
// @ts-expect-error a number is no Tensor
layers[0](1);
// @ts-expect-error a list is not called
layers(x);
// @ts-expect-error not a list of Blocks
const narrow: nn.ModuleList<Block> = new nn.ModuleList([new nn.ReLU()]);
void narrow;

// ModuleDict: each name has its module.
const dict = new nn.ModuleDict({ conv: new nn.Conv2d(1, 1, 1), fc: new nn.Linear(1, 1) });
expectType<nn.Conv2d>()(dict.get('conv'));
expectType<nn.Linear>()(dict.pop('fc'));
expectType<('conv' | 'fc')[]>()([...dict]);
expectType<['conv' | 'fc', nn.Conv2d | nn.Linear][]>()([...dict.items()]);
dict.set('fc', new nn.Linear(2, 2)).update({ fc: new nn.Linear(3, 3) });
for (const module of dict.values()) expectType<Tensor>()(module(x));
interface Parts {
  a: Block;
  b: Head;
}
const parts: nn.ModuleDict<Parts> = new nn.ModuleDict({ a: new Block(), b: new Head() });
expectType<{ logits: Tensor }>()(parts.get('b')(x));
const open = new nn.ModuleDict();
open.set('anything', new Block()).get('anything')(x, 'y');
new nn.ModuleDict(new Map([['a', new Block()]])).get('a')(x);
new nn.ModuleDict([['a', new Block()]]).get('a')(x);
const openDict: nn.ModuleDict = dict;
void openDict;
// @ts-expect-error no such name
dict.get('pool');
// @ts-expect-error not a Linear
dict.set('fc', new nn.ReLU());
// @ts-expect-error a Tensor is no module
new nn.ModuleDict({ a: x });
// @ts-expect-error a number is no Tensor
parts.get('a')(1);

// Sequential: a tuple or fields, and what the last module gives.
const tuple = new nn.Sequential(new nn.Linear(1, 2), new nn.ReLU(), new nn.Linear(2, 3));
expectType<nn.Linear>()(tuple[0]);
expectType<nn.ReLU>()(tuple[1]);
expectType<Tensor>()(tuple[2].weight);
expectType<Tensor>()(tuple(x));
expectType<nn.Linear | nn.ReLU>()(tuple.at(-1));
tuple.append(new Block()).insert(0, new nn.Tanh());
for (const module of tuple) expectType<Tensor>()(module(x));
const named = new nn.Sequential({ block1: new Block(), block2: new nn.Conv2d(1, 1, 1) });
expectType<nn.Conv2d>()(named.block2);
expectType<number>()(named.block1.width);
expectType<Tensor>()(named(x));
named.block2.registerForwardHook((module, [input], output) => output.add(input).mul(module.inChannels));
const withHead = new nn.Sequential(new Block(), new Head());
expectType<{ logits: Tensor }>()(withHead(x));
const recurrent = new nn.Sequential(new nn.Embedding(4, 2), new nn.GRU(2, 3));
expectType<[Tensor, Tensor]>()(recurrent(x));
const [output, [h, c]] = new nn.Sequential(new nn.LayerNorm(2), new nn.LSTM(2, 3))(x);
expectType<Tensor[]>()([output, h, c]);
class Cell extends nn.Module {
  features: nn.Sequential<[nn.Conv2d, nn.BatchNorm2d]>;
  classifier: nn.Sequential<{ fc: nn.Linear }>;
  body: nn.Sequential;
  constructor(depth: number) {
    super();
    this.features = new nn.Sequential(new nn.Conv2d(1, 1, 1), new nn.BatchNorm2d(1));
    this.classifier = new nn.Sequential({ fc: new nn.Linear(1, 1) });
    const body: nn.Module[] = [];
    for (let i = 0; i < depth; i++) body.push(new Block());
    this.body = new nn.Sequential(...body);
  }
  override forward(input: Tensor) {
    return this.classifier(this.body(this.features(input)));
  }
}
const cell = new Cell(3);
expectType<Tensor>()(cell(x));
expectType<nn.Parameter>()(cell.features[0].weight);
expectType<Tensor>()(new nn.Sequential(...[1, 2].map(() => new Block()))(x));
expectType<Block>()(new nn.Sequential(...[1, 2].map(() => new Block())).at(0));
expectType<Block>()(new nn.Sequential(new nn.ReLU(), ...[1, 2].map(() => new Block())).at(-1) as Block);
new nn.Sequential().append(new Block())(x).add(1);
new nn.Sequential(new Map([['a', new Block()]]))(x).add(1);
new nn.Sequential({} as Record<string, nn.Module>)(x).add(1);
const plain: nn.Sequential[] = [tuple, named, cell.body];
for (const module of plain) expectType<Tensor>()(module(x));
const asModule: nn.Module<[Tensor], Tensor> = tuple;
void asModule;
expectType<Tensor>()(new optim.swaUtils.AveragedModel(tuple)(x));
class Features extends nn.Sequential {
  constructor(width: number) {
    super(new nn.Linear(width, width), new nn.ReLU());
  }
}
expectType<Tensor>()(new Features(2)(x));
expectType<number>()(new Features(2).length);
class Mlp extends nn.Sequential<[nn.Linear, nn.ReLU]> {
  constructor(width: number) {
    super(new nn.Linear(width, width), new nn.ReLU());
  }
}
expectType<nn.Linear>()(new Mlp(2)[0]);
function isSequential(module: nn.Module): number {
  return module instanceof nn.Sequential ? module.length : 0;
}
void isSequential;
torch.utils.checkpoint.checkpointSequential(tuple, 2, x);
// @ts-expect-error a number is no Tensor
tuple(1);
// @ts-expect-error no such child
void named.block3;
// @ts-expect-error no such field
void tuple[1].weight;
// @ts-expect-error a pair is no Tensor
recurrent(x).add(1);
// @ts-expect-error an object is no Tensor
withHead(x).add(1);
// @ts-expect-error it takes modules
new nn.Sequential(1, 2);
// @ts-expect-error another tuple
cell.features = new nn.Sequential(new nn.ReLU());
