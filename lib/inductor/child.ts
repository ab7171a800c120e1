// The process of a model with `isolate: true`: isolated.ts begins it, and talks to it by messages.
import { isError } from '../core/realm';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import type { Tensor } from '../tensor';
import { MEMORY, type Reply, type Request, type Start } from './isolated';
import { loadNative } from './native_model';
import { layout, partOf, readParts, writeParts } from './transport';

const start = JSON.parse(process.argv[2]) as Start;
native.setNumThreads(start.threads);
const model = loadNative(start.file, start.model, start.runners, start.device, start.folder);
/** What waits for room. */
const results = new Map<number, Tensor[]>();

process.on('message', (request: Request) => void answer(request));
// At once, whatever runs: nobody waits for it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function answer(request: Request): Promise<void> {
  let reply: Reply;
  try {
    reply = await replyTo(request);
  } catch (error) {
    const { message, kind } = error as { message: string; kind?: string };
    reply = {
      id: request.id,
      error: { message: isError(error) ? message : String(error), kind: kind ?? 'RuntimeError' },
    };
  }
  process.send?.(reply);
}

async function replyTo({ id, block, inputs }: Request): Promise<Reply> {
  const outputs = inputs
    ? (wrap(await native.inductorRunAsync(model, readParts(MEMORY, block.at, inputs))) as Tensor[])
    : (results.get(id) as Tensor[]);
  results.delete(id);
  const parts = outputs.map(partOf);
  if (layout(parts).size > block.size) {
    results.set(id, outputs);
    return { id, outputs: parts, waits: true };
  }
  writeParts(MEMORY, block.at, outputs);
  return { id, outputs: parts };
}
