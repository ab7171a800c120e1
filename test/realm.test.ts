// Values that another realm made, as a node:vm context or a test file of Jest has one, are as good as our own.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import vm from 'node:vm';
import torch, { nn, optim, safetensors, type Tensor } from '../lib';
import * as F from '../lib/functional';
import { grad as gradOf } from '../lib/func';
import { copyModule } from '../lib/nn/module/copy';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const x = torch.tensor([
  [1, 2],
  [3, 4],
]);
const saved = torch.save({ a: x });
const file = path.join(folder, 'a.pt');
fs.writeFileSync(file, saved);
const tensors = safetensors.save({ a: x });
const linear = (): nn.Linear => {
  const made = new nn.Linear(2, 1);
  torch.noGrad(() => [made.weight.fill_(2), made.bias!.fill_(1)]);
  return made;
};
const trained = (stateDict: (own: object) => unknown): unknown => {
  const model = linear();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.5, momentum: 0.5 });
  for (let i = 0; i < 2; i++) {
    model.forward(x).sum().backward();
    optimizer.step();
    optimizer.loadStateDict(stateDict(optimizer.stateDict()) as never);
  }
  return model.weight.tolist();
};
const again = (value: unknown): unknown => torch.serialization.toObject(torch.load(torch.save(value)));

// What is called, the source of the value, the call. The scope of the source has x, bytes and list.
type Row = readonly [string, string, (value: never) => unknown];
const rows: Row[] = [
  ['load of bytes', 'Uint8Array.from(bytes)', (v) => (torch.load(v) as Map<string, Tensor>).get('a')],
  [
    'load of a URL',
    '({ href, protocol: "file:", hostname: "", pathname, search: "", hash: "" })',
    (v) => (torch.load(v) as Map<string, Tensor>).get('a'),
  ],
  [
    'mapLocation, a Map',
    'new Map([["cpu", "meta"]])',
    (v) => String((torch.load(file, { mapLocation: v }) as Map<string, Tensor>).get('a')!.device),
  ],
  [
    'mapLocation, an object',
    '({ cpu: "meta" })',
    (v) => String((torch.load(file, { mapLocation: v }) as Map<string, Tensor>).get('a')!.device),
  ],
  [
    'options of load',
    '({ weightsOnly: true })',
    (v) => (torch.load(file, v) as Map<string, Tensor>).get('a'),
  ],
  ['save of an object', '({ a: x, b: [1, { c: 2 }] })', again],
  ['save of a Map', 'new Map([["a", x], ["b", new Map([["c", 1]])]])', again],
  ['save of a Set', 'new Map([["a", new Set([1, 2])]])', (v) => torch.load(torch.save(v))],
  ['save of bytes', '({ a: Uint8Array.of(1, 2, 3) })', again],
  ['toObject', 'new Map([["a", [1, new Map([["b", 2]])]]])', (v) => torch.serialization.toObject(v)],
  ['safetensors.load', 'Uint8Array.from(tensorBytes)', (v) => safetensors.load(v).get('a')],
  ['safetensors.save of an object', '({ a: x })', (v) => safetensors.load(safetensors.save(v)).get('a')],
  ['safetensors.save of a Map', 'new Map([["a", x]])', (v) => safetensors.load(safetensors.save(v)).get('a')],
  ['tensor of arrays', '[[1, 2], [3, 4]]', (v) => torch.tensor(v)],
  ['tensor of a typed array', 'Int16Array.of(1, 2)', (v) => torch.tensor(v)],
  [
    'tensor of a class of typed arrays',
    'new (class Own extends Int16Array {})([1, 2])',
    (v) => torch.tensor(v),
  ],
  [
    'tensor of arrays of typed arrays',
    '[Float64Array.of(1, 2), Float64Array.of(3, 4)]',
    (v) => torch.tensor(v),
  ],
  ['options of tensor', '({ dtype: "int32" })', (v) => torch.tensor([1], v)],
  ['fromBlob of an ArrayBuffer', 'Uint8Array.of(1, 2, 3, 4).buffer', (v) => torch.fromBlob(v)],
  ['fromBlob of a typed array', 'Float32Array.of(1, 2)', (v) => torch.fromBlob(v)],
  [
    'fromBlob of a DataView',
    'new DataView(new ArrayBuffer(4))',
    (v) => torch.fromBlob(v, { dtype: 'int32' }),
  ],
  ['a shape', '[2, 2]', (v) => torch.zeros(v)],
  ['a shape as a typed array', 'Int32Array.of(2, 2)', (v) => torch.zeros(v)],
  ['a list of tensors', '[x, x]', (v) => torch.cat(v)],
  ['keywords of an operator', '({ dim: 0, keepdim: true })', (v) => torch.sum(x, v)],
  ['out among keywords', '({ out: x.clone() })', (v) => torch.add(x, 1, v)],
  ['keywords of torch.ops', '({ alpha: 2 })', (v) => torch.ops.aten.add(x, x, v)],
  ['keywords of a method', '({ dim: 0 })', (v) => x.softmax(v)],
  ['keywords of a function by hand', '({ p: 1, dim: 0 })', (v) => torch.norm(x, v)],
  ['keywords of a functional', '({ reduction: "sum" })', (v) => F.mseLoss(x, x.mul(2), v)],
  ['options of to', '({ dtype: "float64" })', (v) => x.to(v)],
  ['options of Module.to', '({ dtype: "float64" })', (v) => linear().to(v).weight.detach()],
  ['indices', '[[0, 1], [1, 0]]', (v) => x.at(...(v as [number[], number[]]))],
  ['setAt', '[[5, 6], [7, 8]]', (v) => x.clone().setAt('...', v)],
  [
    'tidy gives a Map',
    'new Map([["a", () => x.add(1)]])',
    (v) =>
      torch
        .tidy(() => {
          const map = v as Map<string, unknown>;
          map.set('a', x.add(1));
          return map;
        })
        .get('a'),
  ],
  ['tidy gives a Set', 'new Set()', (v) => [...torch.tidy(() => (v as Set<Tensor>).add(x.add(1)))][0]],
  ['options of a module', '({ bias: false })', (v) => String(new nn.Linear(2, 1, v))],
  ['Sequential of a Map', 'new Map([["one", module]])', (v) => String(new nn.Sequential(v))],
  ['Sequential of an object', '({ one: module })', (v) => String(new nn.Sequential(v))],
  ['ModuleDict of an object', '({ one: module })', (v) => String(new nn.ModuleDict(v))],
  [
    'loadStateDict of a Map',
    'new Map([["weight", x[0]], ["bias", x[1]]])'.replace(/x\[\d\]/g, (m) => `rows${m.slice(1)}`),
    (v) => {
      const model = linear();
      model.loadStateDict(v);
      return model.weight.detach();
    },
  ],
  [
    'loadStateDict of an object',
    '({ weight: rows[0], bias: rows[1] })',
    (v) => {
      const model = linear();
      model.loadStateDict(v);
      return model.weight.detach();
    },
  ],
  [
    'options of loadStateDict',
    '({ strict: false })',
    (v) => String(linear().loadStateDict({}, v).missingKeys),
  ],
  [
    'functionalCall',
    'new Map([["weight", rows[0]], ["bias", rows[1]]])',
    (v) => torch.func.functionalCall(linear(), v, [x]),
  ],
  [
    'a clone of a module with a Map and a Set',
    '[new Map([["a", 1]]), new Set([2])]',
    (v) => {
      const model = Object.assign(linear(), { table: (v as unknown[])[0], seen: (v as unknown[])[1] });
      const copy = copyModule(model);
      return [[...(copy.table as Map<string, number>)], [...(copy.seen as Set<number>)]];
    },
  ],
  [
    'options of an optimizer',
    '({ lr: 0.5 })',
    (v) => {
      const model = linear();
      model.forward(x).sum().backward();
      new optim.SGD(model.parameters(), v).step();
      return model.weight.detach();
    },
  ],
  [
    'groups of an optimizer',
    '[{ params: [param], lr: 0.25 }]',
    (v) => new optim.SGD(v, { lr: 1 }).paramGroups[0].lr,
  ],
  ['state of an optimizer, an object', '(own) => Object.assign({}, own)', trained],
  ['state of an optimizer, a Map', '(own) => new Map(Object.entries(own))', trained],
  [
    'state of a scheduler',
    '({ lastEpoch: 3 })',
    (v) => {
      const scheduler = new optim.lrScheduler.StepLR(new optim.SGD(linear().parameters(), { lr: 1 }), 1);
      scheduler.loadStateDict(v);
      return scheduler.lastEpoch;
    },
  ],
  [
    'trees of torch.func',
    '({ a: x, b: new Map([["c", x]]) })',
    (v) => {
      const found = gradOf((t: { a: Tensor; b: Map<string, Tensor> }) => t.a.mul(t.b.get('c')!).sum())(
        v,
      ) as unknown as {
        a: Tensor;
        b: Map<string, Tensor>;
      };
      return [found.a.tolist(), found.b.get('c')!.tolist()];
    },
  ],
  ['vmap of an object', '({ a: x })', (v) => torch.vmap((t: { a: Tensor }) => t.a.sum())(v)],
  [
    'options of autocast',
    '({ dtype: "bfloat16" })',
    (v) => String(torch.autocast('cpu', v, () => torch.mm(x, x).dtype)),
  ],
  [
    'options of printing',
    '({ precision: 1 })',
    (v) => torch.printoptions(v, () => String(torch.tensor(1.234))),
  ],
  [
    'an error of forward',
    'new TypeError("theirs")',
    (v) => {
      class Failing extends nn.Module<[], Tensor> {
        override forward(): Tensor {
          throw v as Error;
        }
      }
      try {
        return new Failing()();
      } catch (error) {
        return (error as Error).message;
      }
    },
  ],
];

const scope = {
  x,
  rows: [torch.tensor([[5, 6]]), torch.tensor([7])],
  module: linear(),
  param: linear().weight,
  bytes: [...saved],
  tensorBytes: [...tensors],
  href: `file://${file}`,
  pathname: file,
};
const plain = (value: unknown): unknown => {
  if (value instanceof torch.Tensor) return [String(value.dtype), value.tolist()];
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  return Object.entries(value).map(([key, each]) => [key, plain(each)]);
};

test.each(rows)('%s', (_, source, call) => {
  const own = new Function(...Object.keys(scope), `return (${source});`) as (...args: unknown[]) => never;
  const foreign = vm.runInNewContext(`(${source})`, { ...scope }) as never;
  const expected = plain(call(own(...Object.values(scope))));
  expect(expected).toBeDefined(); // a row that gives nothing would compare nothing
  expect(plain(call(foreign))).toEqual(expected);
});
