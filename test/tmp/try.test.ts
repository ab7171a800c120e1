import torch, { nn, optim, type Tensor } from 'nodetorch';
import { bitsOf } from '../capture/support';
const { checkpoint } = torch.utils.checkpoint;
const options = { useReentrant: false };
test.each([[true, true, true], [true,false,false],[false,true,false],[false,false,true],[false,false,false]])('%s %s %s', (hooks, bn, drop) => {
  const make = () => {
    torch.manualSeed(4);
    const model = new nn.Sequential(new nn.Linear(2, 3), bn? new nn.BatchNorm1d(3): new nn.ReLU(), new nn.Dropout(drop?0.4:0));
    const last = new nn.Linear(3, 2);
    const optimizer = new optim.Adam(last.parameters(), { lr: 0.1 });
    if (hooks) for (const param of model.parameters()) {
      const own = new optim.Adam([param], { lr: 0.1 });
      param.registerPostAccumulateGradHook(() => {
        own.step();
        own.zeroGrad();
      });
    }
    const step = (y: Tensor) => {
      optimizer.zeroGrad();
      const loss = last(checkpoint(model, y, options)).square().mean();
      loss.backward();
      optimizer.step();
      return loss;
    };
    return { step, state: () => [...model.parameters(), ...model.buffers(), ...last.parameters(), torch.getRngState()].map(bitsOf) };
  };
  const plain = make();
  const wanted = Array.from({ length: 7 }, () => [bitsOf(plain.step(torch.randn([4, 2]))), plain.state()]);
  const checked = make();
  const run = torch.capture(checked.step, { check: 3 });
  expect(Array.from({ length: 7 }, () => [bitsOf(run(torch.randn([4, 2]))), checked.state()])).toEqual(wanted);
});
