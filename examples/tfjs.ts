/**
 * A model of TensorFlow.js, trained on libtorch, then continued in nodetorch: `npx tsx examples/tfjs.ts`.
 * The first half is plain tfjs: without the import of nodetorch/tfjs it runs on tfjs's own backends.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import torch, { nn, optim } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { fromTorch, loadStateDictInto, stateDictOf, toTorch } from 'nodetorch/tfjs';

async function main(): Promise<void> {
  await tf.setBackend('torch');

  // How far points in a square are from its centre.
  const points = tf.randomUniform([1024, 2], -1, 1, 'float32', 1);
  const distances = tf.norm(points, 'euclidean', 1, true);

  const { glorotUniform } = tfl.initializers;
  const hidden = { units: 32, activation: 'relu', kernelInitializer: glorotUniform({ seed: 2 }) } as const;
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({ ...hidden, inputShape: [2], name: 'hidden' }),
      tfl.layers.dense({ units: 1, kernelInitializer: glorotUniform({ seed: 3 }), name: 'output' }),
    ],
  });
  model.compile({ loss: 'meanSquaredError', optimizer: tf.train.adam(0.01) });
  const { history } = await model.fit(points, distances, {
    epochs: 5,
    batchSize: 64,
    shuffle: false,
    verbose: 0,
  });
  history.loss.forEach((loss, epoch) => console.log(`tfjs   epoch ${epoch + 1}  loss ${loss}`));

  // The same network in nodetorch, with the same weights; the data without a copy.
  const net = new nn.Sequential(new nn.Linear(2, 32), new nn.ReLU(), new nn.Linear(32, 1));
  const names = { hidden: '0', output: '2' };
  net.loadStateDict(stateDictOf(model, { names }));
  const [x, y] = [toTorch(points), toTorch(distances)];

  const optimizer = new optim.AdamW(net.parameters(), { lr: 0.01 });
  for (let step = 1; step <= 100; step++) {
    optimizer.zeroGrad();
    const loss = F.mseLoss(net(x), y);
    loss.backward();
    optimizer.step();
    if (step % 25 === 0) console.log(`torch  step ${step}  loss ${loss.item()}`);
  }

  // And back: the tfjs model gives what the module gives. `torch.save(net.stateDict(), ...)` is for Python.
  loadStateDictInto(model, net.stateDict(), { names });
  const input = torch.tensor([[0.3, 0.4]]);
  const [here, there] = [net(input), toTorch(model.predict(fromTorch(input)) as tf.Tensor)];
  console.log(`(0.3, 0.4): torch ${here.item().toFixed(4)}, tfjs ${there.item().toFixed(4)}`); // about 0.5
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
