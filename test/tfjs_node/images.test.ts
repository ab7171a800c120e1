/** tf.node's images beside TensorFlow's: fixtures/make.py has made them. */
import * as tf from '@nodetorch/tfjs-node';
import images from './fixtures/images.json';

type Decoded = [shape: number[], values: number[]] | null;
interface Row {
  file: string;
  decoded: Record<string, Decoded>;
  half?: Decoded;
}
const rows = images as unknown as Record<string, Row>;

const contentsOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(rows[name].file, 'base64'));

/** Decoders of JPEG round in their own ways: each value within `far`. */
function expectNear(image: tf.Tensor, expected: Decoded, far: number): void {
  const [shape, values] = expected!;
  expect([image.shape, image.dtype]).toEqual([shape, 'int32']);
  const differences = Array.from(image.dataSync(), (value, i) => Math.abs(value - values[i]));
  expect(Math.max(...differences)).toBeLessThanOrEqual(far);
  image.dispose();
}

const decoders: Record<string, (contents: Uint8Array, channels: number) => tf.Tensor> = {
  png: (contents, channels) => tf.node.decodePng(contents, channels),
  jpeg: (contents, channels) => tf.node.decodeJpeg(contents, channels),
  bmp: (contents, channels) => tf.node.decodeBmp(contents, channels),
  gif: (contents) => tf.node.decodeGif(contents),
};

const all = Object.entries(rows).flatMap(([name, { decoded }]) =>
  Object.entries(decoded).map(([channels, expected]) => ({ name, channels: Number(channels), expected })),
);

// TensorFlow's alpha of an image without one is the largest number of the file's bits, which is nearly transparent where
// those are fewer than 8. Here it is opaque.
for (const { name, channels, expected } of all) {
  const isSmall = ['png palette', 'png 1 bit'].includes(name);
  if (isSmall && channels === 4) expected![1] = expected![1].map((value, i) => (i % 4 === 3 ? 255 : value));
}

test.each(all)('$name, $channels channels', ({ name, channels, expected }) => {
  const kind = name.split(' ', 1)[0];
  const decode = () => decoders[kind](contentsOf(name), channels);
  if (expected === null) expect(decode).toThrow(/channels/);
  else expectNear(decode(), expected, kind === 'jpeg' ? 2 : 0);
});

test.each(Object.keys(rows))('decodeImage knows %s', (name) => {
  const image = tf.node.decodeImage(contentsOf(name));
  expect(image.shape).toEqual(rows[name].decoded[0]![0]);
  image.dispose();
});

test('a JPEG at half its size', () => {
  expectNear(tf.node.decodeJpeg(contentsOf('jpeg 4:4:4'), 0, 2), rows['jpeg 4:4:4'].half!, 3);
});

test('the first frame of an animation', () => {
  const image = tf.node.decodeImage(contentsOf('gif of three frames'), 0, 'int32', false);
  const [shape, values] = rows['gif of three frames'].decoded[0]!;
  expect(image.shape).toEqual(shape.slice(1));
  expect([...image.dataSync()]).toEqual(values.slice(0, image.size));
});

describe('what goes wrong', () => {
  test('another kind of file', () => {
    const message = 'Expected image (BMP, JPEG, PNG, or GIF), but got unsupported image type';
    expect(() => tf.node.decodeImage(new Uint8Array(20))).toThrow(message);
  });
  test('another dtype', () => {
    const message = 'decodeImage could only return Tensor of type `int32` for now.';
    expect(() => tf.node.decodeImage(contentsOf('png rgb'), 0, 'float32')).toThrow(message);
  });
  test('a file that breaks off', () => {
    const whole = contentsOf('jpeg 4:4:4');
    const part = whole.subarray(0, whole.length - 60);
    expect(() => tf.node.decodeJpeg(part)).toThrow('tf.node.decodeJpeg(): ');
    expect(tf.node.decodeJpeg(part, 0, 1, true, true).shape).toEqual([20, 24, 3]);
    expect(() => tf.node.decodePng(contentsOf('png rgb').subarray(0, 60))).toThrow('tf.node.decodePng(): ');
    expect(() => tf.node.decodeBmp(contentsOf('bmp 24 bits').subarray(0, 60))).toThrow('Incomplete bmp');
  });
  test('the next image is decoded all the same', () => {
    expect(() => tf.node.decodePng(new Uint8Array(9))).toThrow('unsupported image format');
    expectNear(tf.node.decodePng(contentsOf('png rgb')), rows['png rgb'].decoded[0], 0);
  });
});

describe('encoding', () => {
  const noise = (channels: number): tf.Tensor3D =>
    tf.tensor3d(
      Array.from({ length: 35 * channels }, (_, i) => (i * 37) % 256),
      [7, 5, channels],
      'int32',
    );

  test.each([1, 3, 4])('a PNG of %d channels comes back', async (channels) => {
    const image = noise(channels);
    for (const compression of [-1, 0, 9]) {
      const back = tf.node.decodePng(await tf.node.encodePng(image, compression));
      expect([back.shape, [...back.dataSync()]]).toEqual([image.shape, [...image.dataSync()]]);
    }
  });

  test.each([1, 3])('a JPEG of %d channels comes back nearly', async (channels) => {
    const image = tf.fill([8, 8, channels], 100, 'int32') as tf.Tensor3D;
    const jpeg = await tf.node.encodeJpeg(
      image,
      channels === 1 ? 'grayscale' : 'rgb',
      100,
      true,
      true,
      false,
    );
    expectNear(tf.node.decodeJpeg(jpeg), [image.shape, [...image.dataSync()]], 2);
  });

  test('refuses what the format does not hold', async () => {
    await expect(tf.node.encodeJpeg(noise(3), 'grayscale')).rejects.toThrow(
      "format 'grayscale' expects 1 channels, got 3",
    );
    await expect(tf.node.encodeJpeg(noise(4))).rejects.toThrow('expects 1 or 3 channels, got 4');
  });
});
