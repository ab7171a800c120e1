import { nn, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';

export class Net extends nn.Module<[Tensor], Tensor> {
  conv1 = new nn.Conv2d(1, 16, 3, { padding: 1 });
  bn1 = new nn.BatchNorm2d(16);
  conv2 = new nn.Conv2d(16, 32, 3, { padding: 1 });
  bn2 = new nn.BatchNorm2d(32);
  dropout = new nn.Dropout(0.25);
  fc = new nn.Linear(32 * 4 * 4, 10);

  // (N, 1, 8, 8)
  override forward(x: Tensor): Tensor {
    x = F.relu(this.bn1(this.conv1(x))); // (N, 16, 8, 8)
    x = F.maxPool2d(F.relu(this.bn2(this.conv2(x))), 2); // (N, 32, 4, 4)
    return this.fc(this.dropout(x.flatten(1))); // (N, 10)
  }
}
