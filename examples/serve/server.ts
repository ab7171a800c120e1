// Serves digits.pt2 over HTTP: npx tsx server.ts, then
//
//   curl localhost:3000/digit -H 'content-type: application/json' -d '{"pixels": [0, 0, 5, ...]}'
import path from 'node:path';
import Fastify from 'fastify';
import torch, { type Tensor } from 'nodetorch';
import { load } from 'nodetorch/export';
import { Batcher, Overloaded } from './batcher';

const LARGEST = 32;
const model = load(path.join(__dirname, 'digits.pt2')).module();

// The modes of the moment hold in an awaited call.
function run(batch: Tensor): Promise<Tensor> {
  let result!: Promise<unknown>;
  torch.noGrad(() => void (result = model.callAsync(batch)));
  return result as Promise<Tensor>;
}
const batcher = new Batcher(run, { largest: LARGEST, wait: 3, queue: 8 * LARGEST });

const app = Fastify({ logger: true });
const pixels = { type: 'array', items: { type: 'number' }, minItems: 64, maxItems: 64 };
const body = { type: 'object', required: ['pixels'], properties: { pixels } };

app.post<{ Body: { pixels: number[] } }>('/digit', { schema: { body } }, async (request, reply) => {
  const image = torch.tensor(request.body.pixels).div(16).view([1, 8, 8]);
  try {
    const scores = torch.softmax(await batcher.submit(image), 0);
    return { digit: scores.argmax().item(), probabilities: scores.tolist() };
  } catch (error) {
    if (!(error instanceof Overloaded)) throw error;
    return reply.code(503).header('retry-after', 1).send({ error: error.message });
  }
});

app.get('/health', () => ({ ok: true }));

async function main(): Promise<void> {
  // The first runs choose kernels and fill caches: nobody should wait for them.
  for (const size of [1, LARGEST]) await run(torch.zeros([size, 1, 8, 8]));
  await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? '127.0.0.1' });
}

// Requests that are under way get their answers.
async function end(): Promise<void> {
  await app.close();
  await batcher.close();
}
process.once('SIGTERM', () => void end());
process.once('SIGINT', () => void end());
void main();
