// examples/text.ts: what its tokenizer and its batches are, and that it learns.
import { Tokenizer } from '@huggingface/tokenizers';
import torch from 'nodetorch';
import { DataLoader } from 'nodetorch/data';
import { Classifier, accuracy, collateWith, sentencesOf, tokenizerFor, train } from '../../examples/text';

const pages = [
  '# Cats\n\nThe cat sat on the mat. The cat ate\nthe fish on the mat:\n\n```ts\nnot this, since it is code\n```\n',
  'A dog ran in a park. A dog dug in a park all day.\n\n| a | table |\n\nToo short.',
];
const sentences = sentencesOf(pages);

test('pages are cut into sentences', () => {
  expect(sentences).toEqual([
    { text: 'The cat sat on the mat.', label: 0 },
    { text: 'The cat ate the fish on the mat:', label: 0 },
    { text: 'A dog ran in a park.', label: 1 },
    { text: 'A dog dug in a park all day.', label: 1 },
  ]);
});

test('a batch has the words of all sentences, and where each begins', () => {
  const tokenizer = new Tokenizer(tokenizerFor(sentences), {});
  // [UNK], and what comes twice: the cat on mat . a dog in park
  const batch = collateWith(tokenizer)([sentences[0], { text: 'A CAT in space', label: 1 }]);
  expect(batch.tokens.tolist()).toEqual([1, 2, 0, 3, 1, 4, 5, 6, 2, 8, 0]);
  expect(batch.offsets.tolist()).toEqual([0, 7]);
  expect(batch.labels.tolist()).toEqual([0, 1]);
});

test('it learns which page a sentence is from', () => {
  torch.manualSeed(0);
  const tokenizer = new Tokenizer(tokenizerFor(sentences), {});
  const collateFn = collateWith(tokenizer);
  const loader = new DataLoader(sentences, { batchSize: 2, shuffle: true, collateFn });
  const model = new Classifier(tokenizer.get_vocab().size, 2);
  const before = train(model, loader, 1);
  expect(train(model, loader, 20)).toBeLessThan(before / 10);
  expect(accuracy(model, loader)).toBe(1);
});
