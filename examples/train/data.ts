// The handwritten digits, moved about a little for training. Worker threads load this file as well.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import torch, { type Tensor } from 'nodetorch';
import { Dataset } from 'nodetorch/data';

export const DIGITS = path.join(__dirname, '../data/digits.csv.gz'); // 1797 rows of 64 pixels and a label

export interface DigitsOptions {
  from?: number;
  to?: number;
  /** Whether an image is moved by a pixel at random. The random numbers are the worker's own, seeded as Python's. */
  augment?: boolean;
}

export class Digits extends Dataset<[image: Tensor, label: number]> {
  readonly images: Tensor; // (N, 1, 8, 8)
  readonly labels: number[];
  readonly augment: boolean;

  constructor(file: string, { from = 0, to, augment = false }: DigitsOptions = {}) {
    super();
    const lines = zlib.gunzipSync(fs.readFileSync(file)).toString().trim().split('\n').slice(from, to);
    const rows = lines.map((line) => line.split(',').map(Number));
    const pixels = Float32Array.from(rows.flatMap((row) => row.slice(0, 64)));
    this.images = torch.tensor(pixels).div(16).view([-1, 1, 8, 8]);
    this.labels = rows.map((row) => row[64]);
    this.augment = augment;
  }

  get length(): number {
    return this.labels.length;
  }

  get(index: number): [Tensor, number] {
    const image = this.images.at(index);
    if (!this.augment) return [image, this.labels[index]];
    const [down, right] = torch.randint(-1, 2, [2]).tolist<number[]>();
    return [image.roll([down, right], [1, 2]), this.labels[index]];
  }
}
