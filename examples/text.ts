/**
 * Learns which guide of docs/ a sentence is from. The text becomes numbers by a tokenizer of Hugging Face's format, which is
 * saved beside the weights, as it belongs to them:
 *
 *   npx tsx examples/text.ts [--epochs 10] [--out examples/out]
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Tokenizer } from '@huggingface/tokenizers';
import torch, { nn, optim, safetensors, type Tensor } from 'nodetorch';
import { DataLoader, type Subset, randomSplit } from 'nodetorch/data';
import * as F from 'nodetorch/functional';

export interface Sentence {
  text: string;
  label: number;
}

/** The prose of Markdown pages, sentence by sentence, with the number of the page. */
export function sentencesOf(pages: readonly string[]): Sentence[] {
  return pages.flatMap((page, label) => {
    const prose = page.replace(/^```[^]*?^```/gm, '').replace(/^[#|<].*$/gm, '');
    const sentences = prose.split(/\n\n|(?<=[.:])\s/).map((text) => text.replace(/\s+/g, ' ').trim());
    return sentences.filter((text) => text.split(' ').length > 3).map((text) => ({ text, label }));
  });
}

/** A tokenizer.json of the words that come at least twice. Models from elsewhere bring theirs along. */
export function tokenizerFor(sentences: readonly Sentence[]): object {
  const counts = new Map<string, number>();
  for (const { text } of sentences) {
    for (const word of text.toLowerCase().match(/\w+|[^\w\s]+/g) ?? [])
      counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = ['[UNK]', ...[...counts].filter(([, count]) => count > 1).map(([word]) => word)];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordPiece',
      vocab: Object.fromEntries(words.map((word, i) => [word, i])),
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
  };
}

const ints = (values: number[]): Tensor => torch.tensor(values, { dtype: torch.int64 });

export interface Batch {
  tokens: Tensor; // of all sentences, one after the other
  offsets: Tensor; // (N,) where each begins
  labels: Tensor; // (N,)
}

/** Makes batches: sentences of any length, without padding. */
export function collateWith(tokenizer: Tokenizer): (sentences: Sentence[]) => Batch {
  return (sentences) => {
    const ids = sentences.map(({ text }) => tokenizer.encode(text).ids);
    const offsets: number[] = [];
    let length = 0;
    for (const one of ids) {
      offsets.push(length);
      length += one.length;
    }
    return {
      tokens: ints(ids.flat()),
      offsets: ints(offsets),
      labels: ints(sentences.map(({ label }) => label)),
    };
  };
}

export class Classifier extends nn.Module<[Batch], Tensor> {
  embedding: nn.EmbeddingBag;
  fc: nn.Linear;

  constructor(words: number, classes: number, width = 32) {
    super();
    this.embedding = new nn.EmbeddingBag(words, width);
    this.fc = new nn.Linear(width, classes);
  }

  override forward({ tokens, offsets }: Batch): Tensor {
    return this.fc(this.embedding(tokens, offsets)); // (N, classes)
  }
}

export function train(model: Classifier, loader: DataLoader<Sentence, Batch>, epochs: number): number {
  const optimizer = new optim.AdamW(model.parameters(), { lr: 2e-2 });
  let last = NaN;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const batch of loader) {
      optimizer.zeroGrad();
      const loss = F.crossEntropy(model(batch), batch.labels);
      loss.backward();
      optimizer.step();
      last = loss.item();
    }
  }
  return last;
}

export function accuracy(model: Classifier, loader: DataLoader<Sentence, Batch>): number {
  let [right, count] = [0, 0];
  for (const batch of loader) {
    const best = torch.inferenceMode(() => model(batch).argmax(1));
    right += best.eq(batch.labels).sum().item();
    count += batch.labels.shape[0];
  }
  return right / count;
}

if (require.main === module) {
  const { values: options } = parseArgs({
    options: {
      epochs: { type: 'string', default: '10' },
      out: { type: 'string', default: path.join(__dirname, 'out') },
    },
  });
  const names = ['data', 'memory', 'installation'];
  const pages = names.map((name) => fs.readFileSync(path.join(__dirname, '../docs', `${name}.md`), 'utf8'));
  const sentences = sentencesOf(pages);
  torch.manualSeed(0);
  const [training, test] = randomSplit(sentences, [0.8, 0.2]) as Subset<Sentence>[];
  const json = tokenizerFor(training.indices.map((i) => sentences[i]));
  const tokenizer = new Tokenizer(json, {});
  const collateFn = collateWith(tokenizer);
  const model = new Classifier(tokenizer.get_vocab().size, names.length);
  const loss = train(
    model,
    new DataLoader(training, { batchSize: 16, shuffle: true, collateFn }),
    Number(options.epochs),
  );
  const held = accuracy(model, new DataLoader(test, { batchSize: 64, collateFn }));
  console.log(`${training.length} sentences to learn from: loss ${loss.toFixed(4)}`);
  console.log(`${test.length} held out: ${(100 * held).toFixed(1)} % are found`);

  fs.mkdirSync(options.out, { recursive: true });
  fs.writeFileSync(path.join(options.out, 'tokenizer.json'), JSON.stringify(json));
  safetensors.saveFile(model.stateDict(), path.join(options.out, 'text.safetensors'));
}
