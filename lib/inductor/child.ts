// The process of a model with `isolate: true`: isolated.ts begins it, and talks to it by messages.
import { isError } from '../core/realm';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import type { Tensor } from '../tensor';
import type { Reply, Request, Start } from './isolated';
import { loadNative } from './native_model';
import { packed, unpacked } from './transport';

const start = JSON.parse(process.argv[2]) as Start;
native.setNumThreads(start.threads);
const model = loadNative(start.file, start.model, start.runners, start.device);

process.on('message', ({ id, inputs }: Request) => void answer(id, inputs.map(unpacked)));
process.on('disconnect', () => process.exit());

async function answer(id: number, inputs: Tensor[]): Promise<void> {
  let reply: Reply;
  try {
    const outputs = wrap(await native.inductorRunAsync(model, inputs)) as Tensor[];
    reply = { id, outputs: outputs.map(packed) };
  } catch (error) {
    const { message, kind } = error as { message: string; kind?: string };
    reply = {
      id,
      error: { message: isError(error) ? message : String(error), kind: kind ?? 'RuntimeError' },
    };
  }
  process.send?.(reply);
}
