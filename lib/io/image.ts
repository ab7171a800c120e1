// Images, by sharp.
import { fileURLToPath } from 'node:url';
import type { DTypeLike } from '../core/dtype';
import { asDType, float32, uint8 } from '../core/dtype';
import { TorchRangeError, argumentError, valueError } from '../core/errors';
import { isURL, isUint8Array } from '../core/realm';
import { value } from '../core/kinds';
import { signature } from '../core/signature';
import * as aten from '../tensor/aten';
import { fromBlob, tensor } from '../tensor/creation';
import type { Tensor } from '../tensor';
import { peer } from './peer';

/** Which channels an image has, as torchvision calls it. */
export type ImageMode = 'UNCHANGED' | 'GRAY' | 'GRAY_ALPHA' | 'RGB' | 'RGB_ALPHA';

/** Options of `torch.io.readImage` and `decodeImage`. */
export interface ImageOptions {
  /** Default: the channels that the file has. */
  mode?: ImageMode;
  /** Whether to turn the image as its camera says. Default: `false`. */
  applyExifOrientation?: boolean;
  /** The shorter side's new size, or height and width. */
  resize?: number | readonly [height: number, width: number] | null;
  /** How pixels are mixed: `'linear'`, `'nearest'`, `'cubic'`, `'lanczos3'` ... Default: `'linear'`. */
  kernel?: string;
  /** Height and width of the middle that is kept, or one number for both. After `resize`. */
  centerCrop?: number | readonly [height: number, width: number] | null;
  /** uint8: 0 to 255; of floats, 0 to 1. Default: uint8, and float32 with `mean` or `std`. */
  dtype?: DTypeLike | null;
  /** Is subtracted from each channel of an image of floats. */
  mean?: readonly number[] | null;
  /** What each channel is divided by after that. */
  std?: readonly number[] | null;
}
const IMAGE: Required<ImageOptions> = {
  mode: 'UNCHANGED',
  applyExifOrientation: false,
  resize: null,
  kernel: 'linear',
  centerCrop: null,
  dtype: null,
  mean: null,
  std: null,
};
const DECODE = signature('torch.io.decodeImage', [value<Uint8Array>()('input')], IMAGE, ['mode']);
const READ = signature('torch.io.readImage', [value<string | URL>()('path')], IMAGE, ['mode']);

interface Metadata {
  readonly width: number;
  readonly height: number;
  readonly space?: string;
  readonly hasAlpha?: boolean;
  readonly autoOrient?: { readonly width: number; readonly height: number };
}
interface Pipeline {
  metadata(): Promise<Metadata>;
  autoOrient(): Pipeline;
  resize(options: object): Pipeline;
  extract(region: object): Pipeline;
  toColourspace(space: string): Pipeline;
  removeAlpha(): Pipeline;
  ensureAlpha(): Pipeline;
  raw(): Pipeline;
  extractChannel(channel: 'alpha'): Pipeline;
  toBuffer(options: { resolveWithObject: true }): Promise<Raw>;
}
interface Raw {
  readonly data: Buffer;
  readonly info: { readonly width: number; readonly height: number; readonly channels: number };
}
type Sharp = (input: string | Uint8Array) => Pipeline;

/**
 * An image of a file's bytes (JPEG, PNG, WebP, GIF, AVIF, TIFF), channels first: `(C, H, W)`, decoded and resized on sharp's
 * threads. `torchvision.io.decode_image`, with what mostly follows it. Needs the package `sharp`, whose limit of pixels
 * holds; images of 16 bits are brought to 8.
 *
 * @throws ModuleNotFoundError where `sharp` is not installed; ValueError for what is no image, is damaged or too large, and
 * for a crop beyond the image.
 *
 * @example
 * const x = await torch.io.decodeImage(bytes, {
 *   mode: 'RGB', resize: 256, centerCrop: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225],
 * });
 */
export function decodeImage(
  ...args: [input: Uint8Array, mode?: ImageMode | ImageOptions, options?: ImageOptions]
): Promise<Tensor> {
  const [input, options] = DECODE.bind(args);
  if (!isUint8Array(input)) throw argumentError('decodeImage', 'input', 'a Uint8Array', input);
  return decoded('decodeImage', input, options);
}

/**
 * An image of a file: {@link decodeImage}. `torchvision.io.read_image`.
 *
 * @throws as {@link decodeImage}.
 */
export function readImage(
  ...args: [path: string | URL, mode?: ImageMode | ImageOptions, options?: ImageOptions]
): Promise<Tensor> {
  const [path, options] = READ.bind(args);
  if (typeof path !== 'string' && !isURL(path)) throw argumentError('readImage', 'path', 'a path', path);
  return decoded('readImage', typeof path === 'string' ? path : fileURLToPath(path), options);
}

const modes: readonly ImageMode[] = ['UNCHANGED', 'GRAY', 'GRAY_ALPHA', 'RGB', 'RGB_ALPHA'];

async function decoded(
  name: string,
  input: string | Uint8Array,
  options: Required<ImageOptions>,
): Promise<Tensor> {
  if (!modes.includes(options.mode))
    throw valueError(`${name}(): mode must be one of ${modes.join(', ')}, not ${String(options.mode)}`);
  const [height, width] = pair(name, 'centerCrop', options.centerCrop) ?? [null, null];
  const wanted = pair(name, 'resize', options.resize);
  const sharp = peer<Sharp>('sharp', `torch.io.${name}`);
  let planes: Raw[];
  try {
    const meta = await sharp(input).metadata();
    const own = (options.applyExifOrientation && meta.autoOrient) || meta;
    const size = typeof options.resize === 'number' ? shorterSide(own, options.resize) : wanted;
    const [h, w] = size ?? [own.height, own.width];
    if (height !== null && width !== null && (height > h || width > w))
      throw new TorchRangeError(`a crop of ${height}x${width} is beyond its ${h}x${w}`);
    const framed = (): Pipeline => {
      let image = sharp(input);
      if (options.applyExifOrientation) image = image.autoOrient();
      if (size) image = image.resize({ height: h, width: w, fit: 'fill', kernel: options.kernel });
      if (height === null || width === null) return image;
      const middle = (all: number, part: number): number => Math.floor((all - part) / 2);
      return image.extract({ top: middle(h, height), left: middle(w, width), height, width });
    };
    const pipelines = inMode(framed, options.mode, meta);
    planes = await Promise.all(pipelines.map((one) => one.raw().toBuffer({ resolveWithObject: true })));
  } catch (error) {
    const what = typeof input === 'string' ? `'${input}'` : 'the image';
    throw valueError(`${name}(): ${what} cannot be read: ${(error as Error).message}`);
  }
  const tensors = planes.map(({ data, info }) =>
    fromBlob(data, { shape: [info.height, info.width, info.channels] }).permute([2, 0, 1]),
  );
  const image = tensors.length === 1 ? tensors[0].contiguous() : aten.cat(tensors);
  return normalized(name, image, options);
}

/** What is to be read: one pipeline, or of gray with alpha two, since sharp gives one channel for gray. */
function inMode(framed: () => Pipeline, mode: ImageMode, { space, hasAlpha }: Metadata): Pipeline[] {
  const isGray = mode === 'UNCHANGED' ? space === 'b-w' || space === 'grey16' : mode.startsWith('GRAY');
  const wantsAlpha = mode === 'UNCHANGED' ? hasAlpha === true : mode.endsWith('ALPHA');
  if (!isGray) {
    const colored = framed().toColourspace('srgb');
    return [wantsAlpha ? colored.ensureAlpha() : colored.removeAlpha()];
  }
  const gray = framed().removeAlpha().toColourspace('b-w');
  return wantsAlpha ? [gray, framed().ensureAlpha().extractChannel('alpha')] : [gray];
}

/** Height and width where the shorter of both is `size`, and the longer one follows, rounded down. */
function shorterSide({ height, width }: Metadata, size: number): readonly [number, number] {
  return height < width
    ? [size, Math.floor((size * width) / height)]
    : [Math.floor((size * height) / width), size];
}

function pair(name: string, argument: string, given: unknown): readonly [number, number] | null {
  if (given === null) return null;
  const list: readonly unknown[] = Array.isArray(given) ? given : [given, given];
  const isSize = (one: unknown): boolean => typeof one === 'number' && Number.isInteger(one) && one > 0;
  if (list.length === 2 && list.every(isSize)) return list as readonly [number, number];
  throw argumentError(name, argument, 'a whole number or height and width', given);
}

function normalized(name: string, image: Tensor, { dtype, mean, std }: Required<ImageOptions>): Tensor {
  const wanted = asDType(dtype ?? (mean === null && std === null ? uint8 : float32));
  if (wanted === uint8 && mean === null && std === null) return image;
  if (!wanted?.isFloatingPoint)
    throw argumentError(name, 'dtype', 'uint8, or a dtype of floats', String(dtype));
  const channels = image.shape[0];
  const perChannel = (values: readonly number[]): Tensor => {
    if (values.length !== channels)
      throw valueError(`${name}(): ${values.length} numbers of mean or std for ${channels} channels`);
    return tensor(values, { dtype: wanted, device: 'cpu' }).view([-1, 1, 1]);
  };
  const floats = image.to({ dtype: wanted }).div_(255);
  if (mean !== null) floats.sub_(perChannel(mean));
  return std === null ? floats : floats.div_(perChannel(std));
}
