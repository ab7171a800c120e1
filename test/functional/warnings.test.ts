// What Python warns of, and that each warning is shown once.
import torch, { nn } from 'nodetorch';

const F = nn.functional;

test.each([
  [
    'softmax without a dimension',
    () => F.softmax(torch.zeros([2, 2])),
    'Implicit dimension choice for softmax has been deprecated. Change the call to include dim=X as an argument.',
  ],
  [
    'sizes that broadcast',
    () => F.mseLoss(torch.zeros([2, 3]), torch.zeros([3])),
    'Using a target size (torch.Size([3])) that is different to the input size (torch.Size([2, 3])). This will ' +
      'likely lead to incorrect results due to broadcasting. Please ensure they have the same size.',
  ],
  [
    'the old flags of losses',
    () => F.l1Loss(torch.zeros([2]), torch.zeros([2]), { sizeAverage: false }),
    "size_average and reduce args will be deprecated, please use reduction='sum' instead.",
  ],
  [
    'tensors without elements',
    () => nn.init.kaimingUniform_(torch.empty([0, 3])),
    'Initializing zero-element tensors is a no-op',
  ],
])('%s', (_, call, message) => {
  const emitted = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    call();
    call();
    expect(emitted.mock.calls).toEqual([[message, 'UserWarning']]);
  } finally {
    emitted.mockRestore();
  }
});
