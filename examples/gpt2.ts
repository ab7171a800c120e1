/**
 * Loads the decoder-only transformer of GPT-2's size that Python saved, gives the same logits to the last bit,
 * and goes on with the same tokens:
 *
 *   python examples/gpt2.py && npx tsx examples/gpt2.ts [--out examples/out]
 */
import crypto from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import torch, { nn, safetensors, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';

class Attention extends nn.Module<[Tensor], Tensor> {
  c_attn: nn.Linear;
  c_proj: nn.Linear;

  constructor(
    readonly heads: number,
    width: number,
  ) {
    super();
    this.c_attn = new nn.Linear(width, 3 * width);
    this.c_proj = new nn.Linear(width, width);
  }

  // (N, T, width)
  override forward(x: Tensor): Tensor {
    const [n, t, width] = x.shape;
    const parts = this.c_attn(x).split(width, 2);
    const [q, k, v] = parts.map((part) => part.view([n, t, this.heads, -1]).transpose(1, 2));
    const y = F.scaledDotProductAttention(q, k, v, { isCausal: true }); // (N, heads, T, width / heads)
    return this.c_proj(y.transpose(1, 2).reshape([n, t, width]));
  }
}

class MLP extends nn.Module<[Tensor], Tensor> {
  c_fc: nn.Linear;
  c_proj: nn.Linear;

  constructor(width: number) {
    super();
    this.c_fc = new nn.Linear(width, 4 * width);
    this.c_proj = new nn.Linear(4 * width, width);
  }

  override forward(x: Tensor): Tensor {
    return this.c_proj(F.gelu(this.c_fc(x), { approximate: 'tanh' }));
  }
}

class Block extends nn.Module<[Tensor], Tensor> {
  ln_1: nn.LayerNorm;
  attn: Attention;
  ln_2: nn.LayerNorm;
  mlp: MLP;

  constructor(heads: number, width: number) {
    super();
    this.ln_1 = new nn.LayerNorm(width);
    this.attn = new Attention(heads, width);
    this.ln_2 = new nn.LayerNorm(width);
    this.mlp = new MLP(width);
  }

  override forward(x: Tensor): Tensor {
    x = x.add(this.attn(this.ln_1(x)));
    return x.add(this.mlp(this.ln_2(x)));
  }
}

export interface Sizes {
  vocabulary?: number;
  context?: number;
  layers?: number;
  heads?: number;
  width?: number;
}

export class GPT2 extends nn.Module<[Tensor], Tensor> {
  wte: nn.Embedding;
  wpe: nn.Embedding;
  h: nn.ModuleList;
  ln_f: nn.LayerNorm;

  constructor({ vocabulary = 512, context = 1024, layers = 12, heads = 12, width = 768 }: Sizes = {}) {
    super();
    this.wte = new nn.Embedding(vocabulary, width);
    this.wpe = new nn.Embedding(context, width);
    this.h = new nn.ModuleList(Array.from({ length: layers }, () => new Block(heads, width)));
    this.ln_f = new nn.LayerNorm(width);
  }

  // (N, T)
  override forward(tokens: Tensor): Tensor {
    let x = this.wte(tokens).add(this.wpe(torch.arange(tokens.shape[1], { dtype: torch.int64 })));
    for (const block of this.h) x = (block as Block)(x);
    return F.linear(this.ln_f(x), this.wte.weight); // (N, T, vocabulary)
  }
}

export function prompt(vocabulary = 512, length = 64): Tensor {
  torch.manualSeed(64);
  return torch.randint(0, vocabulary, [1, length]);
}

export function generate(model: GPT2, tokens: Tensor, count: number): number[] {
  for (let i = 0; i < count; i++) {
    const chances = model(tokens).at(':', -1).softmax(-1);
    tokens = torch.cat([tokens, chances.multinomial(1)], 1);
  }
  return tokens.at(0, torch.slice(-count, null)).tolist() as number[];
}

if (require.main === module) {
  const { values: options } = parseArgs({
    options: { out: { type: 'string', default: path.join(__dirname, 'out') } },
  });
  const model = new GPT2();
  model.loadStateDict(safetensors.loadFile(path.join(options.out, 'gpt2.safetensors')));
  model.eval();
  torch.inferenceMode(() => {
    const logits = model(prompt());
    const digest = crypto.createHash('sha256').update(logits.toTypedArray()).digest('hex');
    console.log(`logits: [${logits.shape.join(', ')}] sha256 ${digest}`);
    console.log(`goes on: ${generate(model, prompt(), 16).join(' ')}`);
  });
}
