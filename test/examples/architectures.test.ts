/**
 * The models of the examples, with tiny widths: they load what Python saved and give its logits, bit by bit.
 * architectures.py made the files; test/parity compares those of full size.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import torch, { safetensors, type nn, type Tensor } from 'nodetorch';
import { GPT2, prompt } from '../../examples/gpt2';
import { images, ResNet18 } from '../../examples/resnet18';
import { encode, load, SENTENCES, Tagger } from '../../examples/tagger';
import { expectTensor, type StoredTensor } from '../nn/fixture';

const folder = join(__dirname, 'architectures');
const logits = JSON.parse(readFileSync(join(folder, 'logits.json'), 'utf8')) as Record<string, StoredTensor>;

const gpt2 = { vocabulary: 17, context: 16, layers: 2, heads: 2, width: 8 };
const models: [string, () => nn.Module<[Tensor], Tensor>, () => Tensor][] = [
  ['resnet18', () => new ResNet18(5, 2), () => images(32)],
  ['gpt2', () => new GPT2(gpt2), () => prompt(17, 8)],
];

test.each(models)('%s gives the logits that Python gives', (name, make, input) => {
  const model = make();
  const state = safetensors.loadFile(join(folder, `${name}.safetensors`));
  expect(String(model.loadStateDict(state))).toBe('<All keys matched successfully>');
  model.eval();
  expectTensor(
    torch.noGrad(() => model(input())),
    logits[name],
  );
});

test('tagger gives the logits that Python gives', () => {
  const { model: state, words, tags } = load(join(folder, 'tagger.pt'));
  expect(tags).toEqual(['DET', 'ADJ', 'NOUN', 'VERB', 'ADV', 'PRON']);
  const model = new Tagger(words.size, tags.length, 4, 3);
  expect(String(model.loadStateDict(state))).toBe('<All keys matched successfully>');
  model.eval();
  expectTensor(
    torch.noGrad(() => model(...encode(SENTENCES, words))),
    logits.tagger,
  );
});
