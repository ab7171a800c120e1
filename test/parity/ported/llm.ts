/** A language model with rotary positions, trained, then sampled with a cache and a generator of its own. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { report } from '../report';

const [VOCABULARY, WIDTH, HEADS] = [13, 16, 2];
type Cache = [k: Tensor, v: Tensor];

class Attention extends nn.Module {
  qkv = new nn.Linear(WIDTH, 3 * WIDTH, { bias: false });
  out = new nn.Linear(WIDTH, WIDTH);
  declare cos: Tensor;
  declare sin: Tensor;

  constructor() {
    super();
    const powers = torch.pow(100, torch.arange(0, 4, { dtype: torch.float32 }).neg().div(4));
    const angles = torch.arange(0, 32, { dtype: torch.float32 }).at(':', null).mul(powers);
    this.registerBuffer('cos', angles.cos());
    this.registerBuffer('sin', angles.sin());
  }

  rotate(x: Tensor, start: number): Tensor {
    const end = start + x.shape.at(-2)!;
    const [cos, sin] = [this.cos.at(`${start}:${end}`), this.sin.at(`${start}:${end}`)];
    const [a, b] = x.chunk(2, { dim: -1 });
    return torch.cat([a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))], -1);
  }

  override forward(x: Tensor, cache?: Cache): [Tensor, Cache] {
    const [n, t] = x.shape;
    let [q, k, v] = this.qkv(x).view(n, t, 3, HEADS, -1).permute(2, 0, 3, 1, 4).unbind() as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const start = cache ? cache[0].shape[2]! : 0;
    [q, k] = [this.rotate(q, start), this.rotate(k, start)];
    if (cache) [k, v] = [torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)];
    const y = F.scaledDotProductAttention(q, k, v, { isCausal: !cache });
    return [this.out(y.transpose(1, 2).flatten(2)), [k, v]];
  }
}

class Block extends nn.Module {
  norm1 = new nn.RMSNorm(WIDTH);
  attention = new Attention();
  norm2 = new nn.RMSNorm(WIDTH);
  mlp = new nn.Sequential(new nn.Linear(WIDTH, 32), new nn.SiLU(), new nn.Linear(32, WIDTH));

  override forward(x: Tensor, cache?: Cache): [Tensor, Cache] {
    const [y, next] = this.attention(this.norm1(x), cache);
    x = x.add(y);
    return [x.add(this.mlp(this.norm2(x))), next];
  }
}

class Model extends nn.Module {
  tokens = new nn.Embedding(VOCABULARY, WIDTH);
  blocks = new nn.ModuleList([new Block(), new Block()]);
  norm = new nn.RMSNorm(WIDTH);
  head = new nn.Linear(WIDTH, VOCABULARY, { bias: false });

  constructor() {
    super();
    this.head.weight = this.tokens.weight;
  }

  override forward(ids: Tensor, caches?: Cache[]): [Tensor, Cache[]] {
    let x = this.tokens(ids);
    const next: Cache[] = [];
    for (const [i, block] of this.blocks.entries()) {
      const [y, cache] = block(x, caches?.[i]);
      x = y;
      next.push(cache);
    }
    return [this.head(this.norm(x)), next];
  }
}

torch.manualSeed(1);
const model = new Model();
const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-2 });
const text = torch.arange(200).mul(5).remainder(11);
for (let step = 0; step < 30; step++) {
  const starts = torch.randint(0, 180, [8, 1]);
  const batch = text.at(starts.add(torch.arange(13)));
  const [logits] = model(batch.at(':', ':-1'));
  const loss = F.crossEntropy(logits.flatten(0, 1), batch.at(':', '1:').flatten());
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (step % 10 === 0) report(`loss.${step}`, loss.item());
}

model.eval();
const generator = new torch.Generator().manualSeed(7);
let ids = torch.tensor([[1n, 6n, 0n]]);
torch.noGrad(() => {
  let [logits, caches] = model(ids);
  for (let i = 0; i < 8; i++) {
    const last = logits.at(':', -1);
    const { values } = last.topk(3);
    const kept = last.maskedFill(last.lt(values.at(':', '-1:')), -Infinity);
    const following = torch.multinomial(kept.softmax(-1), 1, { generator });
    ids = torch.cat([ids, following], 1);
    [logits, caches] = model(following, caches);
  }
});
console.log('ids:', ...ids.at(0).tolist<number[]>());
report('state', model.stateDict());
