// The dataset of loader.mjs, which its worker threads load, too.
import torch from 'nodetorch';
import { Dataset } from 'nodetorch/data';
export class Squares extends Dataset {
  constructor(length) {
    super();
    this.length = length;
  }
  get(i) {
    return torch.tensor(i * i);
  }
}
