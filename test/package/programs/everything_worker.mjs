// The other side of everything.mjs: answers one question.
import { parentPort } from 'node:worker_threads';
import torch from 'nodetorch';

const answers = {
  factor: ({ factor }) => ({ sum: torch.arange(5).mul(factor).sum().item() }),
  shared({ shared }) {
    const tensor = torch.receive(shared).fill_(5);
    return { back: torch.share(tensor) };
  },
  mode() {
    const x = torch.ones([2], { requiresGrad: true });
    let hooked = false;
    x.registerHook(() => void (hooked = true));
    x.mul(2).sum().backward();
    return { mode: torch.isGradEnabled(), hooked };
  },
  fail: () => torch.ones([2]).matmul(torch.ones([3])),
  forever() {
    parentPort.postMessage('begun');
    for (;;) torch.ones([64, 64]).matmul(torch.ones([64, 64]));
  },
};

parentPort.on('message', (question) => {
  const [name] = Object.keys(question);
  parentPort.postMessage(answers[name](question));
});
