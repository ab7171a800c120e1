'use strict';
// The thread in which sharp decodes, since it has no synchronous form: see pixels.ts.

const { workerData } = require('node:worker_threads');
const sharp = require(workerData.sharp);
const { port, signal } = workerData;

/** The pixels in RGB, or RGBA where the image has an alpha; and how many channels the image has of its own. */
async function decode({ contents, ratio, animated, truncated }) {
  const image = sharp(contents, {
    animated,
    ignoreIcc: true, // as TensorFlow does
    failOn: truncated ? 'none' : 'truncated',
    limitInputPixels: false,
  });
  const { width, height, channels, hasAlpha, pages = 1, pageHeight = height } = await image.metadata();
  let result = image;
  if (ratio > 1) {
    const [columns, rows] = [Math.ceil(width / ratio), Math.ceil(height / ratio)];
    result = result.resize(columns, rows, { fit: 'fill', fastShrinkOnLoad: true });
  }
  // A transparent pixel of an animation is black.
  if (animated) result = result.flatten({ background: '#000' });
  const { data, info } = await result.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const frames = animated ? pages : 1;
  return {
    data,
    width: info.width,
    height: animated ? pageHeight : info.height,
    stored: info.channels,
    channels: isGray(channels, hasAlpha) ? channels : info.channels,
    frames,
  };
}

const isGray = (channels, hasAlpha) => channels - (hasAlpha ? 1 : 0) === 1;

port.on('message', async (job) => {
  let answer;
  try {
    answer = await decode(job);
  } catch (error) {
    answer = { error: error.message };
  }
  port.postMessage(answer);
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
});
