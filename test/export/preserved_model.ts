// A module whose modules' calls are kept: preserved.py has the same one.
import { type Tensor, nn } from 'nodetorch';

class Sub extends nn.Module {
  readonly linear = new nn.Linear(3, 3);
  override forward(x: Tensor, pair: [Tensor, number], options: { scale: number; x: Tensor }) {
    return { a: this.linear(x).mul(options.scale).add(pair[0]), b: [x.mul(options.x), 3, null] as const };
  }
}
export class Kept extends nn.Module {
  readonly sub = new Sub();
  readonly twice = new nn.Linear(3, 3);
  readonly alias = this.twice;
  readonly attention = new nn.MultiheadAttention(3, 1);
  readonly same = new nn.Identity();
  readonly unused = new nn.Linear(1, 1);
  override forward(x: Tensor): Tensor {
    const both = this.sub(x, [x, x.shape[0]], { scale: 2.5, x });
    let y = this.twice(this.twice(both.a));
    y = this.attention(y, y, y, { needWeights: false })[0];
    return this.same(y).add(this.sub.linear(x)).add(both.b[0]);
  }
}
