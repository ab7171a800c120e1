import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as layers from '@tensorflow/tfjs-layers';
import { node } from 'nodetorch/tfjs';

let folder: string;
beforeAll(() => tf.setBackend('torch'));
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-tfjs-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const network = (): layers.Sequential =>
  layers.sequential({
    layers: [
      layers.layers.dense({ units: 3, inputShape: [2], activation: 'tanh' }),
      layers.layers.dense({ units: 1 }),
    ],
  });

const outputOf = (model: layers.LayersModel): number[] =>
  Array.from((model.predict(tf.tensor2d([[1, 2]])) as tf.Tensor).dataSync());

it('saves a model and loads it', async () => {
  const model = network();
  const place = path.join(folder, 'deep', 'model');
  const { modelArtifactsInfo } = await model.save(`file://${place}`);
  expect(modelArtifactsInfo).toMatchObject({ modelTopologyType: 'JSON', weightDataBytes: 4 * 13 });
  expect(fs.readdirSync(place).sort()).toEqual(['model.json', 'weights.bin']);
  const again = await layers.loadLayersModel(`file://${place}/model.json`);
  expect(outputOf(again)).toEqual(outputOf(model));
});

it('reads weights that lie in several files', async () => {
  const model = network();
  await model.save(`file://${folder}`);
  const weights = fs.readFileSync(path.join(folder, 'weights.bin'));
  const file = path.join(folder, 'model.json');
  const json = JSON.parse(fs.readFileSync(file, 'utf8')) as tf.io.ModelJSON;
  json.weightsManifest[0].paths = ['a.bin', 'b.bin'];
  fs.writeFileSync(path.join(folder, 'a.bin'), weights.subarray(0, 10));
  fs.writeFileSync(path.join(folder, 'b.bin'), weights.subarray(10));
  fs.writeFileSync(file, JSON.stringify(json));
  expect(outputOf(await layers.loadLayersModel(`file://${file}`))).toEqual(outputOf(model));
});

it('says what is wrong with a file', async () => {
  const load = (name: string): Promise<unknown> =>
    layers.loadLayersModel(`file://${path.join(folder, name)}`);
  await expect(load('none.json')).rejects.toThrow('does not exist: loading failed');
  await expect(load('')).rejects.toThrow('is no file: give the path of model.json');
  fs.writeFileSync(path.join(folder, 'model.json'), '{"a": ');
  await expect(load('model.json')).rejects.toThrow('is not JSON');
  fs.writeFileSync(path.join(folder, 'model.json'), '[]');
  await expect(load('model.json')).rejects.toThrow("has no 'modelTopology'");
  await network().save(`file://${folder}`);
  fs.rmSync(path.join(folder, 'weights.bin'));
  await expect(load('model.json')).rejects.toThrow('weights.bin does not exist');
  await expect(network().save(`file://${path.join(folder, 'model.json')}`)).rejects.toThrow(
    'exists as a file. The model should be saved as a directory.',
  );
});

it('leaves the old model where a save fails', async () => {
  const model = network();
  await model.save(`file://${folder}`);
  const before = fs.readFileSync(path.join(folder, 'weights.bin'));
  // The second file cannot be put in place.
  const [handler] = tf.io.getSaveHandlers(`file://${folder}`);
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const bad = { modelTopology: cyclic, weightSpecs: [], weightData: new ArrayBuffer(8) };
  await expect(handler.save!(bad)).rejects.toThrow('circular');
  expect(fs.readFileSync(path.join(folder, 'weights.bin'))).toEqual(before);
  expect(fs.readdirSync(folder).sort()).toEqual(['model.json', 'weights.bin']);
});

it.each(['loadSavedModel', 'decodeImage', 'encodePng', 'tensorBoard'])('refuses tf.node.%s', (name) => {
  expect(() => node[name]()).toThrow(`tf.node.${name}() is in another package: `);
});
