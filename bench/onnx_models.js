'use strict';
// The models of onnx_models.py, whose weights they take.

const torch = require('..');

const { nn } = torch;
const F = nn.functional;

class Block extends nn.Module {
  constructor(channels) {
    super();
    this.conv1 = new nn.Conv2d(channels, channels, 3, { padding: 1, bias: false });
    this.norm1 = new nn.BatchNorm2d(channels);
    this.conv2 = new nn.Conv2d(channels, channels, 3, { padding: 1, bias: false });
    this.norm2 = new nn.BatchNorm2d(channels);
  }
  forward(x) {
    return F.relu(x.add(this.norm2(this.conv2(F.relu(this.norm1(this.conv1(x)))))));
  }
}

class Cnn extends nn.Module {
  stem = new nn.Conv2d(3, 64, 3, { padding: 1 });
  norm = new nn.BatchNorm2d(64);
  blocks = new nn.Sequential(...Array.from({ length: 6 }, () => new Block(64)));
  head = new nn.Linear(64, 10);
  forward(x) {
    return this.head(this.blocks(F.relu(this.norm(this.stem(x)))).mean([2, 3]));
  }
}

class Layer extends nn.Module {
  norm1 = new nn.LayerNorm(256);
  qkv = new nn.Linear(256, 768);
  out = new nn.Linear(256, 256);
  norm2 = new nn.LayerNorm(256);
  up = new nn.Linear(256, 1024);
  down = new nn.Linear(1024, 256);
  forward(x) {
    const [n, tokens] = x.shape;
    const split = (part) => part.view([n, tokens, 8, 32]).transpose(1, 2);
    const [q, k, v] = this.qkv(this.norm1(x)).chunk(3, 2).map(split);
    const mixed = torch.scaledDotProductAttention(q, k, v).transpose(1, 2).reshape([n, tokens, 256]);
    const y = x.add(this.out(mixed));
    return y.add(this.down(F.gelu(this.up(this.norm2(y)))));
  }
}

class Transformer extends nn.Module {
  layers = new nn.Sequential(...Array.from({ length: 4 }, () => new Layer()));
  norm = new nn.LayerNorm(256);
  head = new nn.Linear(256, 10);
  forward(x) {
    return this.head(this.norm(this.layers(x)).mean(1));
  }
}

const makeMlp = () =>
  new nn.Sequential(
    new nn.Linear(64, 256),
    new nn.ReLU(),
    new nn.Linear(256, 256),
    new nn.ReLU(),
    new nn.Linear(256, 10),
  );

module.exports = { MLP: makeMlp, CNN: () => new Cnn(), transformer: () => new Transformer() };
