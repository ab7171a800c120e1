/**
 * Loads the bidirectional LSTM tagger that Python trained, and gives the same logits to the last bit:
 *
 *   python examples/tagger.py && npx tsx examples/tagger.ts [--out examples/out]
 *
 * The checkpoint is a dict that torch.save wrote: the model's state, its words and its tags.
 */
import crypto from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import torch, { nn, type Tensor } from 'nodetorch';

const { packPaddedSequence, padPackedSequence, padSequence } = nn.utils.rnn;

export const SENTENCES = [
  'the big cat walks',
  'she often reads a book',
  'they sleep here',
  'a long walk',
].map((sentence) => sentence.split(' '));

export class Tagger extends nn.Module<[words: Tensor, lengths: Tensor], Tensor> {
  embedding: nn.Embedding;
  lstm: nn.LSTM;
  fc: nn.Linear;

  constructor(words: number, tags: number, width = 32, hidden = 48) {
    super();
    this.embedding = new nn.Embedding(words, width, { paddingIdx: 0 });
    this.lstm = new nn.LSTM(width, hidden, {
      numLayers: 2,
      batchFirst: true,
      dropout: 0.1,
      bidirectional: true,
    });
    this.fc = new nn.Linear(2 * hidden, tags);
  }

  // (N, T), (N,)
  override forward(words: Tensor, lengths: Tensor): Tensor {
    const x = this.embedding(words); // (N, T, width)
    const packed = packPaddedSequence(x, lengths, { batchFirst: true, enforceSorted: false });
    const [states] = this.lstm(packed);
    const [output] = padPackedSequence(states, { batchFirst: true }); // (N, T, 2 hidden)
    return this.fc(output); // (N, T, tags)
  }
}

/** Numbers of words, padded with 0, and the lengths; 1 is for words that are not known. */
export function encode(sentences: string[][], words: Map<string, number>): [Tensor, Tensor] {
  const ints = (values: number[]): Tensor => torch.tensor(values, { dtype: torch.int64 });
  const numbers = sentences.map((sentence) => ints(sentence.map((word) => words.get(word) ?? 1)));
  const lengths = ints(sentences.map((sentence) => sentence.length));
  return [padSequence(numbers, { batchFirst: true }), lengths];
}

export interface Checkpoint {
  model: Map<string, Tensor>;
  words: Map<string, number>;
  tags: string[];
}

/** Python's dict, as an object. */
export function load(file: string): Checkpoint {
  return Object.fromEntries(torch.load(file) as Map<keyof Checkpoint, never>) as unknown as Checkpoint;
}

if (require.main === module) {
  const { values: options } = parseArgs({
    options: { out: { type: 'string', default: path.join(__dirname, 'out') } },
  });
  const { words, tags, model: state } = load(path.join(options.out, 'tagger.pt'));
  const model = new Tagger(words.size, tags.length);
  model.loadStateDict(state);
  model.eval();
  const logits = torch.inferenceMode(() => model(...encode(SENTENCES, words)));
  const digest = crypto.createHash('sha256').update(logits.toTypedArray()).digest('hex');
  console.log(`logits: [${logits.shape.join(', ')}] sha256 ${digest}`);
  (logits.argmax(-1).tolist() as number[][]).forEach((best, i) => {
    console.log(SENTENCES[i].map((word, at) => `${word}/${tags[best[at]]}`).join(' '));
  });
}
