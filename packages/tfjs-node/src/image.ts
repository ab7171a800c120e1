/** Images to tensors and back, as tfjs-node's. */
import { type Tensor3D, type Tensor4D, tensor3d, tensor4d, util } from '@tensorflow/tfjs';
import { decodeBitmap } from './bmp';
import { type Pixels, decode, loadSharp } from './pixels';

/** By what a file begins with. */
export enum ImageType {
  JPEG = 'jpeg',
  PNG = 'png',
  GIF = 'gif',
  BMP = 'BMP',
}

function checkChannels(name: string, channels: number, allowed: readonly number[]): void {
  if (allowed.includes(channels)) return;
  throw new Error(`tf.node.${name}(): channels must be ${allowed.join(', ')}, got ${channels}`);
}

/** Red, green and blue of gray, of 32,768, as libpng has them. */
const SHARES = [9798, 19235, 3735] as const;

/** The pixels with `wanted` channels, 0 for the file's own. */
function tensorOf({ data, width, height, stored, channels }: Pixels, wanted: number): Tensor3D {
  const count = wanted === 0 ? channels : wanted;
  const isGray = channels < 3;
  const result = new Int32Array(width * height * count);
  const alpha = stored === 4 || stored === 2 ? stored - 1 : -1;
  for (let from = 0, to = 0; to < result.length; from += stored, to += count) {
    if (count < 3) {
      const [red, green, blue] = [data[from], data[from + 1], data[from + 2]];
      result[to] = isGray ? red : (red * SHARES[0] + green * SHARES[1] + blue * SHARES[2]) >> 15;
    } else {
      result[to] = data[from];
      result[to + 1] = stored < 3 ? data[from] : data[from + 1];
      result[to + 2] = stored < 3 ? data[from] : data[from + 2];
    }
    if (count === 2 || count === 4) result[to + count - 1] = alpha < 0 ? 255 : data[from + alpha];
  }
  return tensor3d(result, [height, width, count], 'int32');
}

/**
 * Decodes a JPEG image to `[height, width, channels]`, int32.
 *
 * @param channels 0 for the image's own, 1 for gray, 3 for RGB.
 * @param ratio How many times smaller the result is: 1, 2, 4 or 8.
 * @param fancyUpscaling Not looked at: chroma is always scaled up smoothly.
 * @param tryRecoverTruncated Whether an image that breaks off is taken, gray from there on.
 * @param acceptableFraction Not looked at.
 * @param dctMethod A hint, not looked at.
 */
export function decodeJpeg(
  contents: Uint8Array,
  channels: 0 | 1 | 3 | number = 0,
  ratio: 1 | 2 | 4 | 8 | number = 1,
  fancyUpscaling = true,
  tryRecoverTruncated = false,
  acceptableFraction = 1,
  dctMethod = '',
): Tensor3D {
  void [fancyUpscaling, acceptableFraction, dctMethod];
  checkChannels('decodeJpeg', channels, [0, 1, 3]);
  if (![1, 2, 4, 8].includes(ratio))
    throw new Error(`tf.node.decodeJpeg(): ratio must be 1, 2, 4, or 8, got ${ratio}`);
  return tensorOf(decode('decodeJpeg', { contents, ratio, truncated: tryRecoverTruncated }), channels);
}

/** Decodes a PNG image to `[height, width, channels]`, int32. `channels`: 0 for the image's own, 1, 3 or 4. */
export function decodePng(contents: Uint8Array, channels = 0, dtype = 'int32'): Tensor3D {
  checkDtype(dtype);
  checkChannels('decodePng', channels, [0, 1, 3, 4]);
  return tensorOf(decode('decodePng', { contents }), channels);
}

function checkDtype(dtype: string): void {
  util.assert(dtype === 'int32', () => 'decodeImage could only return Tensor of type `int32` for now.');
}

/** Decodes a BMP image to `[height, width, channels]`, int32. `channels`: 0 for the image's own, 3 or 4. */
export function decodeBmp(contents: Uint8Array, channels = 0): Tensor3D {
  checkChannels('decodeBmp', channels, [0, 3, 4]);
  return tensorOf(decodeBitmap(contents), channels);
}

/** Decodes the frames of a GIF image to `[frames, height, width, 3]`, int32. */
export function decodeGif(contents: Uint8Array): Tensor4D {
  const { data, width, height, frames } = decode('decodeGif', { contents, animated: true });
  return tensor4d(new Int32Array(data), [frames, height, width, 3], 'int32');
}

/**
 * Decodes a BMP, GIF, JPEG or PNG image to int32: `[height, width, channels]`, and of a GIF image
 * `[frames, height, width, 3]`, unless `expandAnimations` is false, which gives its first frame.
 *
 * @throws Error for another kind of file.
 */
export function decodeImage(
  content: Uint8Array,
  channels = 0,
  dtype = 'int32',
  expandAnimations = true,
): Tensor3D | Tensor4D {
  checkDtype(dtype);
  switch (getImageType(content)) {
    case ImageType.JPEG:
      return decodeJpeg(content, channels);
    case ImageType.PNG:
      return decodePng(content, channels);
    case ImageType.BMP:
      return decodeBmp(content, channels);
    default: {
      if (expandAnimations) return decodeGif(content);
      const { data, width, height } = decode('decodeGif', { contents: content, animated: true });
      return tensor3d(new Int32Array(data.subarray(0, height * width * 3)), [height, width, 3], 'int32');
    }
  }
}

/** What an image is encoded from: its values' low 8 bits. */
async function rawOf(
  image: Tensor3D,
): Promise<{ data: Uint8Array; raw: { width: number; height: number; channels: 1 | 2 | 3 | 4 } }> {
  const [height, width, channels] = image.shape;
  return { data: new Uint8Array(await image.data()), raw: { width, height, channels: channels as 1 } };
}

/**
 * Encodes `[height, width, 1 or 3]` as a JPEG image.
 *
 * @param format `'grayscale'` and `'rgb'` say what the channels must be.
 * @param xmpMetadata Put into the file where it is not empty.
 */
export async function encodeJpeg(
  image: Tensor3D,
  format: '' | 'grayscale' | 'rgb' = '',
  quality = 95,
  progressive = false,
  optimizeSize = false,
  chromaDownsampling = true,
  densityUnit: 'in' | 'cm' = 'in',
  xDensity = 300,
  yDensity = 300,
  xmpMetadata = '',
): Promise<Uint8Array> {
  const channels = image.shape[2];
  const expected = { '': [1, 3], grayscale: [1], rgb: [3] }[format];
  if (!expected)
    throw new Error(`tf.node.encodeJpeg(): format must be '', grayscale or rgb, got ${String(format)}`);
  if (!expected.includes(channels))
    throw new Error(`format '${format}' expects ${expected.join(' or ')} channels, got ${channels}`);
  if (xDensity !== yDensity)
    throw new Error(`tf.node.encodeJpeg(): xDensity ${xDensity} and yDensity ${yDensity} must be the same`);
  const { data, raw } = await rawOf(image);
  const sharp = loadSharp('encodeJpeg');
  const density = densityUnit === 'cm' ? xDensity * 2.54 : xDensity;
  let pipeline = sharp(data, { raw }).withDensity(density);
  if (channels === 1) pipeline = pipeline.toColourspace('b-w');
  if (xmpMetadata !== '') pipeline = pipeline.withXmp(xmpMetadata);
  return pipeline
    .jpeg({
      quality: Math.max(1, quality),
      progressive,
      optimiseCoding: optimizeSize,
      chromaSubsampling: chromaDownsampling ? '4:2:0' : '4:4:4',
    })
    .toBuffer();
}

/** Encodes `[height, width, 1 to 4]` as a PNG image. `compression` goes from 0 to 9; -1 is zlib's own choice. */
export async function encodePng(image: Tensor3D, compression = 1): Promise<Uint8Array> {
  const { data, raw } = await rawOf(image);
  const sharp = loadSharp('encodePng');
  const gray = raw.channels < 3;
  const pipeline = gray ? sharp(data, { raw }).toColourspace('b-w') : sharp(data, { raw });
  return pipeline.png({ compressionLevel: compression < 0 ? 6 : compression }).toBuffer();
}

/** The kind of an image, by its first bytes. */
export function getImageType(content: Uint8Array): ImageType {
  const begins = (...bytes: number[]): boolean =>
    content.length > bytes.length && bytes.every((byte, i) => content[i] === byte);
  if (begins(0xff, 0xd8, 0xff)) return ImageType.JPEG;
  if (begins(0x47, 0x49, 0x46, 0x38)) return ImageType.GIF;
  if (begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return ImageType.PNG;
  if (begins(0x42, 0x4d)) return ImageType.BMP;
  throw new Error('Expected image (BMP, JPEG, PNG, or GIF), but got unsupported image type');
}
