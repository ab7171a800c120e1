'use strict';
// node make_images.js FOLDER: 2,000 JPEGs of 500x375 in ten folders, for image_rows. Twenty differ; the others are their copies.

const fs = require('node:fs');
const path = require('node:path');
const sharp = require('sharp');

const [width, height] = [500, 375];

/** Waves with a little noise: a photograph's size of file. */
function pixelsOf(seed) {
  const pixels = Buffer.alloc(3 * width * height);
  let random = seed + 1;
  for (let i = 0; i < pixels.length; i++) {
    random = (random * 1664525 + 1013904223) % 2 ** 32;
    const [channel, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const wave = Math.sin(x / (9 + seed) + channel) * Math.cos(y / (30 - seed));
    pixels[i] = 128 + 90 * wave + (random / 2 ** 32) * 30;
  }
  return pixels;
}

async function main(folder) {
  for (let i = 0; i < 2000; i++) {
    const to = path.join(folder, `class_${i % 10}`, `${i}.jpg`);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    if (i >= 20) fs.copyFileSync(path.join(folder, `class_${i % 10}`, `${i % 20}.jpg`), to);
    else
      await sharp(pixelsOf(i), { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 90 })
        .toFile(to);
  }
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
