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

const conv = (inside, out, size, stride = 1, groups = 1) => {
  const options = { stride, groups, padding: size >> 1, bias: false };
  return new nn.Sequential(new nn.Conv2d(inside, out, size, options), new nn.BatchNorm2d(out));
};

class Bottleneck extends nn.Module {
  constructor(inside, width, stride) {
    super();
    const isSame = stride === 1 && inside === 4 * width;
    this.conv1 = conv(inside, width, 1);
    this.conv2 = conv(width, width, 3, stride);
    this.conv3 = conv(width, 4 * width, 1);
    this.down = isSame ? new nn.Identity() : conv(inside, 4 * width, 1, stride);
  }
  forward(x) {
    const y = F.relu(this.conv2(F.relu(this.conv1(x))));
    return F.relu(this.conv3(y).add(this.down(x)));
  }
}

class ResNet extends nn.Module {
  stem = conv(3, 64, 7, 2);
  blocks = new nn.Sequential(
    ...[64, 128, 256, 512].flatMap((width, i) => [
      new Bottleneck(i === 0 ? 64 : 2 * width, width, i === 0 ? 1 : 2),
      new Bottleneck(4 * width, width, 1),
    ]),
  );
  head = new nn.Linear(2048, 10);
  forward(x) {
    const pooled = F.maxPool2d(F.relu(this.stem(x)), 3, { stride: 2, padding: 1 });
    return this.head(this.blocks(pooled).mean([2, 3]));
  }
}

class Inverted extends nn.Module {
  constructor(inside, out, stride, grow) {
    super();
    const width = inside * grow;
    this.up = grow === 1 ? null : conv(inside, width, 1);
    this.depthwise = conv(width, width, 3, stride, width);
    this.down = conv(width, out, 1);
    this.adds = stride === 1 && inside === out;
  }
  forward(x) {
    const grown = this.up === null ? x : F.relu6(this.up(x));
    const y = this.down(F.relu6(this.depthwise(grown)));
    return this.adds ? x.add(y) : y;
  }
}

// Growth, channels, blocks, stride.
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

class MobileNet extends nn.Module {
  stem = conv(3, 32, 3, 2);
  blocks = new nn.Sequential(
    ...stages.flatMap(([grow, out, count, stride], i) =>
      Array.from({ length: count }, (_, j) =>
        j === 0
          ? new Inverted(i === 0 ? 32 : stages[i - 1][1], out, stride, grow)
          : new Inverted(out, out, 1, grow),
      ),
    ),
  );
  last = conv(320, 1280, 1);
  head = new nn.Linear(1280, 10);
  forward(x) {
    const y = this.blocks(F.relu6(this.stem(x)));
    return this.head(F.relu6(this.last(y)).mean([2, 3]));
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

module.exports = {
  MLP: makeMlp,
  CNN: () => new Cnn(),
  transformer: () => new Transformer(),
  ResNet: () => new ResNet(),
  MobileNet: () => new MobileNet(),
};
