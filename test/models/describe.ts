// What is found in a file of weights, in describe.py's words: tsx test/models/describe.ts FILE
import { createHash } from 'node:crypto';
import torch, { type Tensor, safetensors, serialization } from 'nodetorch';

type Found = [how: string, tensors: Iterable<[string, Tensor]>];

function read(file: string): Found {
  if (file.endsWith('.npz')) return ['npz', torch.io.loadNpz(file)];
  if (file.endsWith('.safetensors')) return ['safetensors', safetensors.loadFile(file)];
  const tensors = torch.load<Map<string, Tensor>>(file, { tensorsOnly: true, mapLocation: 'cpu' });
  if (file.endsWith('.jit')) return ['TorchScript', [...tensors, ...called(file)]];
  return [howLoaded(file), tensors];
}

/** What silero-vad gives for three pieces of sound, one after the other: it has a state. */
function called(file: string): [string, Tensor][] {
  interface Vad {
    reset_states(): null;
    audio_forward(x: Tensor, rate: number): Tensor;
  }
  process.removeAllListeners('warning');
  torch.setNumThreads(1);
  const module = torch.jit.load<Vad>(file, { mapLocation: 'cpu' }).eval();
  torch.manualSeed(0);
  return torch.noGrad(() => {
    const found = [1, 1, 2].map((size, i): [string, Tensor] => [
      `forward(${i})`,
      module(torch.randn([size, 512]), 16000) as Tensor,
    ]);
    module.reset_states();
    return [...found, ['audio_forward', module.audio_forward(torch.randn([1, 5000]), 16000)]];
  });
}

/** Whether the file is one that Python reads with `weights_only`. */
function howLoaded(file: string): string {
  try {
    torch.load(file, { mapLocation: 'cpu' });
    return 'weights only';
  } catch (error) {
    if (!(error instanceof serialization.UnpicklingError)) throw error;
    return 'with objects';
  }
}

function line(name: string, tensor: Tensor): string {
  const plain = tensor.detach().contiguous();
  const bytes = plain.numel() > 0 ? plain.ravel().view(torch.uint8).toTypedArray() : new Uint8Array();
  const sum = createHash('sha256').update(bytes as Uint8Array);
  return `${name} ${tensor.dtype.name} [${tensor.shape.join(', ')}] ${sum.digest('hex')}`;
}

const [how, tensors] = read(process.argv[2]);
console.log(how);
const lines = [...tensors].map(([name, tensor]) => line(name, tensor));
for (const text of lines.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) console.log(text);
