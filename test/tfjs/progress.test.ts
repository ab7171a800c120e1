import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as layers from '@tensorflow/tfjs-layers';
import 'nodetorch/tfjs';

async function fitted(verbose: 0 | 1): Promise<string> {
  await tf.setBackend('torch');
  const model = layers.sequential({ layers: [layers.layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mae'] });
  const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await model.fit(tf.ones([8, 2]), tf.ones([8, 1]), { epochs: 2, batchSize: 4, verbose });
    return written.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    written.mockRestore();
  }
}

it('prints a line for each epoch where there is no terminal', async () => {
  const number = String.raw`\d[\d.e+-]*`;
  const line = (epoch: number) => `Epoch ${epoch}/2 - ${number} s - loss: ${number} - mae: ${number}\n`;
  expect(await fitted(1)).toMatch(new RegExp(`^${line(1)}${line(2)}$`));
});

it('prints nothing with verbose 0', async () => {
  expect(await fitted(0)).toBe('');
});
