/**
 * Loads the small language model of Llama's kind that Python saved, fine-tunes it with LoRA, and writes with a key-value
 * cache; the same losses, weights and letters as Python's:
 *
 *   python examples/llama.py && npx tsx examples/llama.ts [--out examples/out]
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import torch, { nn, optim, safetensors, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';

const [VOCABULARY, WIDTH, HIDDEN, LAYERS, HEADS, KV_HEADS] = [128, 64, 160, 2, 4, 2];
const DAYS = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ');

/** Keys and values of what was read, so that each new token is the only one to be computed. */
class Cache {
  readonly keys: Tensor; // (LAYERS, N, KV_HEADS, most, size)
  readonly values: Tensor;
  length = 0;

  constructor(batch: number, most: number) {
    const sizes = [LAYERS, batch, KV_HEADS, most, WIDTH / HEADS];
    [this.keys, this.values] = [torch.empty(sizes), torch.empty(sizes)];
  }

  append(layer: number, k: Tensor, v: Tensor): [Tensor, Tensor] {
    const count = k.shape[2];
    const [keys, values] = [this.keys.at(layer), this.values.at(layer)];
    keys.narrow(2, this.length, count).copy_(k);
    values.narrow(2, this.length, count).copy_(v);
    return [keys.narrow(2, 0, this.length + count), values.narrow(2, 0, this.length + count)];
  }
}

interface Place {
  cos: Tensor; // (T, size)
  sin: Tensor;
  layer: number;
  cache: Cache | null;
}

// (N, heads, T, size)
function rotate(x: Tensor, { cos, sin }: Place): Tensor {
  const [a, b] = x.chunk(2, -1);
  return x.mul(cos).add(torch.cat([b.neg(), a], -1).mul(sin));
}

class Attention extends nn.Module<[Tensor, Place], Tensor> {
  q_proj = new nn.Linear(WIDTH, WIDTH, { bias: false });
  k_proj = new nn.Linear(WIDTH, (KV_HEADS * WIDTH) / HEADS, { bias: false });
  v_proj = new nn.Linear(WIDTH, (KV_HEADS * WIDTH) / HEADS, { bias: false });
  o_proj = new nn.Linear(WIDTH, WIDTH, { bias: false });

  // (N, T, WIDTH)
  override forward(x: Tensor, place: Place): Tensor {
    const [n, t] = x.shape;
    const parts = [this.q_proj, this.k_proj, this.v_proj].map((proj) =>
      proj(x)
        .view([n, t, -1, WIDTH / HEADS])
        .transpose(1, 2),
    );
    const q = rotate(parts[0], place);
    let [k, v] = [rotate(parts[1], place), parts[2]];
    if (place.cache) [k, v] = place.cache.append(place.layer, k, v);
    // A single token may look at all that is in the cache.
    const y = F.scaledDotProductAttention(q, k, v, { isCausal: t > 1, enableGqa: true });
    return this.o_proj(y.transpose(1, 2).reshape([n, t, -1]));
  }
}

class MLP extends nn.Module<[Tensor], Tensor> {
  gate_proj = new nn.Linear(WIDTH, HIDDEN, { bias: false });
  up_proj = new nn.Linear(WIDTH, HIDDEN, { bias: false });
  down_proj = new nn.Linear(HIDDEN, WIDTH, { bias: false });

  override forward(x: Tensor): Tensor {
    return this.down_proj(F.silu(this.gate_proj(x)).mul(this.up_proj(x)));
  }
}

class Block extends nn.Module<[Tensor, Place], Tensor> {
  self_attn = new Attention();
  mlp = new MLP();
  input_layernorm = new nn.RMSNorm(WIDTH, { eps: 1e-5 });
  post_attention_layernorm = new nn.RMSNorm(WIDTH, { eps: 1e-5 });

  override forward(x: Tensor, place: Place): Tensor {
    x = x.add(this.self_attn(this.input_layernorm(x), place));
    return x.add(this.mlp(this.post_attention_layernorm(x)));
  }
}

class Decoder extends nn.Module<[Tensor, Cache | null], Tensor> {
  embed_tokens = new nn.Embedding(VOCABULARY, WIDTH);
  layers = new nn.ModuleList(Array.from({ length: LAYERS }, () => new Block()));
  norm = new nn.RMSNorm(WIDTH, { eps: 1e-5 });

  override forward(tokens: Tensor, cache: Cache | null): Tensor {
    const [start, size] = [cache?.length ?? 0, WIDTH / HEADS];
    const frequencies = torch.pow(10000, torch.arange(0, size, 2).float().div(size)).reciprocal();
    const positions = torch.arange(start, start + tokens.shape[1]).float();
    const angles = positions.unsqueeze(1).mul(frequencies);
    const both = torch.cat([angles, angles], -1); // (T, size)
    const [cos, sin] = [both.cos(), both.sin()];
    let x = this.embed_tokens(tokens);
    for (const [layer, block] of this.layers.entries()) x = (block as Block)(x, { cos, sin, layer, cache });
    if (cache) cache.length += tokens.shape[1];
    return this.norm(x);
  }
}

class Llama extends nn.Module<[tokens: Tensor, cache?: Cache | null], Tensor> {
  model = new Decoder();
  lm_head = new nn.Linear(WIDTH, VOCABULARY, { bias: false });

  // (N, T)
  override forward(tokens: Tensor, cache: Cache | null = null): Tensor {
    return this.lm_head(this.model(tokens, cache)); // (N, T, VOCABULARY)
  }
}

/** A linear layer that stays as it is, and a change of low rank that is learned. */
class LoRA extends nn.Module<[Tensor], Tensor> {
  readonly lora_A: nn.Linear;
  readonly lora_B: nn.Linear;
  readonly scale: number;

  constructor(
    readonly base_layer: nn.Linear,
    rank = 4,
    alpha = 8,
  ) {
    super();
    this.lora_A = new nn.Linear(base_layer.inFeatures, rank, { bias: false });
    this.lora_B = new nn.Linear(rank, base_layer.outFeatures, { bias: false });
    nn.init.zeros_(this.lora_B.weight);
    this.scale = alpha / rank;
  }

  override forward(x: Tensor): Tensor {
    return this.base_layer(x).add(this.lora_B(this.lora_A(x)).mul(this.scale));
  }

  merged(): nn.Linear {
    const { base_layer, lora_A, lora_B, scale } = this;
    torch.noGrad(() => void base_layer.weight.add_(lora_B.weight.matmul(lora_A.weight).mul(scale)));
    return base_layer;
  }
}

/** Puts what `change` returns in the place of a layer of the decoder's blocks; null leaves it. */
function replace(model: Llama, change: (layer: nn.Module) => nn.Module | null): void {
  for (const parent of [...model.model.layers.modules()]) {
    if (parent instanceof LoRA) continue;
    for (const [name, child] of [...parent.namedChildren()]) {
      const changed = change(child);
      if (changed) parent.registerModule(name, changed);
    }
  }
}

const lettersOf = (text: string): number[] => [...Buffer.from(text)];

function train(model: Llama, text: string, steps: number, lr: number): number[] {
  const tokens = torch.tensor(lettersOf(text), { dtype: torch.int64 });
  const learned = [...model.parameters()].filter((one) => one.requiresGrad);
  const optimizer = new optim.AdamW(learned, { lr });
  return Array.from({ length: steps }, () => {
    const starts = torch.randint(0, tokens.shape[0] - 48, [8, 1]);
    const batch = tokens.at(starts.add(torch.arange(48)));
    const logits = model(batch.at(':', ':-1'));
    const loss = F.crossEntropy(logits.flatten(0, 1), batch.at(':', '1:').flatten());
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

/** Goes on with the likeliest letters. */
function write(model: Llama, text: string, { count = 24, cached = true } = {}): string {
  return torch.inferenceMode(() => {
    let tokens = torch.tensor([lettersOf(text)], { dtype: torch.int64 });
    const cache = cached ? new Cache(1, tokens.shape[1] + count) : null;
    let logits = model(tokens, cache);
    for (let i = 0; i < count; i++) {
      const best = logits.at(':', -1).argmax(-1, true);
      tokens = torch.cat([tokens, best], 1);
      logits = model(cached ? best : tokens, cache);
    }
    return Buffer.from(tokens.at(0).tolist<number[]>()).toString();
  });
}

const digest = (bytes: NodeJS.ArrayBufferView): string =>
  crypto.createHash('sha256').update(bytes).digest('hex');
const logitsOf = (model: Llama): string => {
  const logits = model(torch.arange(32, 64).unsqueeze(0));
  return digest(logits.detach().toTypedArray());
};

if (require.main === module) {
  const { values: options } = parseArgs({
    options: { out: { type: 'string', default: path.join(__dirname, 'out') } },
  });
  torch.setNumThreads(1);
  const model = new Llama();
  model.loadStateDict(safetensors.loadFile(path.join(options.out, 'llama.safetensors')));
  model.requiresGrad_(false);
  console.log('logits:', logitsOf(model));
  console.log(write(model, 'tuesday '));

  torch.manualSeed(2);
  replace(model, (layer) => (layer instanceof nn.Linear ? new LoRA(layer) : null));
  const learned = new Map([...model.namedParameters()].filter(([, one]) => one.requiresGrad));
  const count = (all: Iterable<Tensor>): number => [...all].reduce((sum, one) => sum + one.numel(), 0);
  console.log('learned:', count(learned.values()), 'of', count(model.parameters()));
  const week = [...DAYS].reverse().join(' ');
  const losses = train(model, new Array<string>(8).fill(week).join(' '), 60, 1e-2);
  for (let i = 0; i < 60; i += 20) console.log(`loss ${losses[i].toFixed(16)}`);
  console.log(write(model, 'tuesday '));
  const same = write(model, 'tuesday ', { cached: false }) === write(model, 'tuesday ');
  console.log('the same without a cache:', same ? 'True' : 'False');
  const adapter = path.join(options.out, 'llama_lora.safetensors');
  safetensors.saveFile(learned, adapter);
  console.log('adapter:', digest(fs.readFileSync(adapter)));

  replace(model, (layer) => (layer instanceof LoRA ? layer.merged() : null));
  console.log('logits:', logitsOf(model));
  console.log(write(model, 'tuesday '));
}
