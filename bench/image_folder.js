'use strict';
// The dataset of image_rows.js, which its worker threads load, too.

const fs = require('node:fs');
const path = require('node:path');
const torch = require('..');

const TRANSFORM = {
  mode: 'RGB',
  resize: 256,
  centerCrop: 224,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

exports.ImageFolder = class ImageFolder extends torch.utils.data.Dataset {
  constructor(folder) {
    super();
    this.files = fs
      .readdirSync(folder)
      .sort()
      .flatMap((name, label) => {
        const files = fs.readdirSync(path.join(folder, name)).sort();
        return files.map((file) => [path.join(folder, name, file), label]);
      });
  }
  get length() {
    return this.files.length;
  }
  async get(index) {
    const [file, label] = this.files[index];
    return [await torch.io.readImage(file, TRANSFORM), label];
  }
  // Sharp's threads work on several at once.
  getItems(indices) {
    return Promise.all(indices.map((index) => this.get(index)));
  }
};
