/** The package that takes tfjs-node's place, but for its images. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as core from '@tensorflow/tfjs-core';
import * as tf from '@nodetorch/tfjs-node';
import { version } from '../../package.json';
import { eventOf, histogramValue, recordOf, scalarValue } from '../../packages/tfjs-node/src/events';
import { getSignatureDefEntryFromMetaGraphInfo } from '../../packages/tfjs-node/src/saved_model';
import records from './fixtures/events.json';

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

test('its backend is tensorflow, and on libtorch', async () => {
  expect(tf.getBackend()).toBe('tensorflow');
  expect(tf.backend()).toBe(core.findBackend('torch'));
  expect(await tf.setBackend('tensorflow')).toBe(true);
  expect(tf.version).toMatchObject({ 'tfjs-node': version, tfjs: tf.version_core });
  expect(Object.keys(core).filter((name) => name !== 'default' && !(name in tf))).toEqual([]);
});

test('a model goes through files by tf.io.fileSystem', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  const place = path.join(folder, 'model');
  await model.save(tf.io.fileSystem(place));
  const again = await tf.loadLayersModel(tf.io.fileSystem(path.join(place, 'model.json')));
  const x = tf.ones([1, 3]);
  expect((again.predict(x) as tf.Tensor).dataSync()).toEqual((model.predict(x) as tf.Tensor).dataSync());
});

describe('for TensorBoard', () => {
  const bytes = (place: number) => new Uint8Array(Buffer.from(records[place], 'base64'));

  test('records are what TensorBoard itself writes', () => {
    const buckets = Float32Array.of(0, 1, 2, 1, 2, 3);
    expect(recordOf(eventOf(1.5, 300, scalarValue('epoch_loss', 0.1)))).toEqual(bytes(0));
    expect(recordOf(eventOf(2.5, 0, histogramValue('kernel', buckets, 'of weights')))).toEqual(bytes(1));
  });

  /** The names and sizes of the files below a folder; names without time, machine and process. */
  const filesOf = (place: string): string[] =>
    fs
      .readdirSync(place, { recursive: true, encoding: 'utf8' })
      .filter((name) => fs.statSync(path.join(place, name)).isFile())
      .map((name) => name.replace(/tfevents.*\.v2$/, 'v2'))
      .sort();

  test('fit writes losses of training and validation', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    const logs = path.join(folder, 'logs');
    await model.fit(tf.ones([8, 2]), tf.ones([8, 1]), {
      epochs: 2,
      batchSize: 4,
      verbose: 0,
      validationSplit: 0.5,
      callbacks: tf.node.tensorBoard(logs, { updateFreq: 'batch', histogramFreq: 1 }),
    });
    expect(filesOf(logs)).toEqual(['train/events.out.v2', 'val/events.out.v2']);
    const [file] = fs.readdirSync(path.join(logs, 'train'));
    const text = fs.readFileSync(path.join(logs, 'train', file), 'latin1');
    const count = (what: string) => text.split(what).length - 1;
    expect(['brain.Event:2', 'epoch_loss', 'batch_loss', 'kernel', 'bias'].map(count)).toEqual([
      1, 2, 2, 2, 2,
    ]);
  });

  test('refuses what it cannot write', () => {
    const writer = tf.node.summaryFileWriter(path.join(folder, 'more'));
    expect(tf.node.summaryFileWriter(path.join(folder, 'more'))).toBe(writer);
    expect(() => writer.scalar('x', 1, 0.5)).toThrow('step is expected to be an integer, but is instead 0.5');
    expect(() => writer.scalar('x', tf.ones([2]) as unknown as tf.Scalar, 1)).toThrow('A non-scalar tensor');
    expect(() => tf.node.summaryFileWriter('')).toThrow('Invalid logdir');
    expect(() => tf.node.tensorBoard('x', { updateFreq: 'never' as 'batch' })).toThrow(
      "to be 'batch' or 'epoch'",
    );
  });
});

describe('a SavedModel', () => {
  const place = path.join(__dirname, 'fixtures/saved_model');
  const x = { dtype: 'float32', tfDtype: 'DT_FLOAT', name: 'serving_default_x:0', shape: [-1, 3] };

  test('says what it takes and gives', async () => {
    const graphs = await tf.node.getMetaGraphsFromSavedModel(place);
    expect(graphs.map(({ tags }) => tags)).toEqual([['serve']]);
    const { inputs, outputs } = getSignatureDefEntryFromMetaGraphInfo(graphs, ['serve'], 'serving_default');
    expect(inputs.x).toEqual(x);
    expect(inputs.count).toMatchObject({ dtype: 'int32', tfDtype: 'DT_INT64', shape: [] });
    expect(outputs).toMatchObject({
      sum: { dtype: 'float32', shape: [-1] },
      large: { dtype: 'bool', tfDtype: 'DT_BOOL', shape: [] },
    });
    expect(() => getSignatureDefEntryFromMetaGraphInfo(graphs, ['serve'], 'no')).toThrow(
      'not have signature: no',
    );
    expect(() => getSignatureDefEntryFromMetaGraphInfo(graphs, ['gpu'], 'no')).toThrow('not have tags: gpu');
  });

  test('is refused with the command that converts it', async () => {
    const error = await tf.node.loadSavedModel(place).then(String, String);
    expect(error).toMatch(
      /'serving_default' takes .*x \(float32 \[-1, 3\]\).* and gives .*sum \(float32 \[-1\]\)/,
    );
    expect(error).toContain(
      'tensorflowjs_converter --input_format=tf_saved_model --saved_model_tags=serve ' +
        `--signature_name=serving_default ${place} ${place}-tfjs`,
    );
    await expect(tf.node.loadSavedModel(folder)).rejects.toThrow(
      'There is no saved_model.pb file in the directory',
    );
    expect(tf.node.getNumOfSavedModels()).toBe(0);
  });

  test('is no SavedModel where its bytes are none', async () => {
    fs.writeFileSync(path.join(folder, 'saved_model.pb'), Buffer.from('ffffffffff', 'hex'));
    await expect(tf.node.getMetaGraphsFromSavedModel(folder)).rejects.toThrow('is no SavedModel');
  });
});
