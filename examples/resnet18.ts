/**
 * Loads the ResNet-18 that Python saved, and gives the same logits to the last bit:
 *
 *   python examples/resnet18.py && npx tsx examples/resnet18.ts [--out examples/out]
 *
 * Both print the hash of the logits and the likeliest classes of two images.
 */
import crypto from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import torch, { nn, safetensors, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';

class BasicBlock extends nn.Module<[Tensor], Tensor> {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  conv2: nn.Conv2d;
  bn2: nn.BatchNorm2d;
  downsample: nn.Sequential | null;

  constructor(inside: number, outside: number, stride = 1) {
    super();
    this.conv1 = new nn.Conv2d(inside, outside, 3, stride, 1, { bias: false });
    this.bn1 = new nn.BatchNorm2d(outside);
    this.conv2 = new nn.Conv2d(outside, outside, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(outside);
    this.downsample = null;
    if (stride !== 1 || inside !== outside) {
      const shortcut = new nn.Conv2d(inside, outside, 1, stride, { bias: false });
      this.downsample = new nn.Sequential(shortcut, new nn.BatchNorm2d(outside));
    }
  }

  // (N, inside, H, W)
  override forward(x: Tensor): Tensor {
    let y = F.relu(this.bn1(this.conv1(x)));
    y = this.bn2(this.conv2(y)); // (N, outside, H / stride, W / stride)
    return F.relu(y.add(this.downsample ? (this.downsample(x) as Tensor) : x));
  }
}

const layer = (inside: number, outside: number, stride: number) =>
  new nn.Sequential(new BasicBlock(inside, outside, stride), new BasicBlock(outside, outside));

export class ResNet18 extends nn.Module<[Tensor], Tensor> {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  maxpool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });
  layer1: nn.Sequential;
  layer2: nn.Sequential;
  layer3: nn.Sequential;
  layer4: nn.Sequential;
  fc: nn.Linear;

  constructor(classes = 1000, width = 64) {
    super();
    this.conv1 = new nn.Conv2d(3, width, 7, { stride: 2, padding: 3, bias: false });
    this.bn1 = new nn.BatchNorm2d(width);
    this.layer1 = layer(width, width, 1);
    this.layer2 = layer(width, 2 * width, 2);
    this.layer3 = layer(2 * width, 4 * width, 2);
    this.layer4 = layer(4 * width, 8 * width, 2);
    this.fc = new nn.Linear(8 * width, classes);
  }

  // (N, 3, 224, 224)
  override forward(x: Tensor): Tensor {
    x = this.maxpool(F.relu(this.bn1(this.conv1(x)))); // (N, 64, 56, 56)
    x = this.layer2(this.layer1(x)); // (N, 128, 28, 28)
    x = this.layer4(this.layer3(x)); // (N, 512, 7, 7)
    return this.fc(x.mean([2, 3])); // (N, 1000)
  }
}

export function images(size = 224): Tensor {
  torch.manualSeed(224);
  return torch.randn([2, 3, size, size]);
}

function report(name: string, logits: Tensor): void {
  const digest = crypto.createHash('sha256').update(logits.toTypedArray()).digest('hex');
  console.log(`${name}: [${logits.shape.join(', ')}] sha256 ${digest}`);
  for (const row of logits.unbind()) {
    const [top, classes] = row.topk(3).map((best) => best.tolist() as number[]);
    console.log(`  ${top.map((value, i) => `${classes[i]}: ${value.toFixed(6)}`).join('  ')}`);
  }
}

if (require.main === module) {
  const { values: options } = parseArgs({
    options: { out: { type: 'string', default: path.join(__dirname, 'out') } },
  });
  const model = new ResNet18();
  model.loadStateDict(safetensors.loadFile(path.join(options.out, 'resnet18.safetensors')));
  model.eval();
  torch.inferenceMode(() => report('logits', model(images())));
}
