/** Bitmaps of 8, 24 and 32 bits without compression, which are what TensorFlow decodes; sharp decodes none. */
import type { Pixels } from './pixels';

/** @throws Error, in TensorFlow's words, for others. */
export function decodeBitmap(contents: Uint8Array): Pixels {
  if (contents.length < 34)
    throw new Error(`Incomplete bmp content, requires at least 34 bytes, got ${contents.length}`);
  const view = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
  const [start, width, signed] = [view.getUint32(10, true), view.getInt32(18, true), view.getInt32(22, true)];
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const stored = bits / 8;
  if (![1, 3, 4].includes(stored))
    throw new Error(`Number of channels inherent in the image must be 1, 3 or 4, was ${stored}`);
  if (compression !== 0 && compression !== 3) throw new Error('a compressed bmp is not supported');
  const height = Math.abs(signed); // negative: from the top
  const row = Math.floor((bits * width + 31) / 32) * 4;
  if (width <= 0 || height === 0) throw new Error(`the bmp has the size ${width} x ${height}`);
  if (contents.length < start + row * (height - 1) + width * stored)
    throw new Error(
      `Incomplete bmp content, requires at least ${start + row * height} bytes, got ${contents.length}`,
    );
  const data = new Uint8Array(height * width * stored);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = start + row * (signed < 0 ? y : height - 1 - y);
    for (let x = 0; x < width; x++, from += stored, to += stored) {
      for (let channel = 0; channel < stored; channel++) {
        // Blue, green, red.
        const place = stored > 1 && channel < 3 ? 2 - channel : channel;
        data[to + channel] = contents[from + place];
      }
    }
  }
  return { data, width, height, stored, channels: stored, frames: 1 };
}
