/**
 * Trains on handwritten digits and answers over HTTP meanwhile, in one process: a captured step runs on another thread,
 * so the event loop is free between its parts.
 *
 *   npm run example:train-and-serve -- [--epochs 6] [--port 0]
 *
 * GET /  how far the training is; POST / with 64 numbers from 0 to 16 as a JSON array: the digit. Once trained, it ends.
 */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';

const { values: options } = parseArgs({
  options: { epochs: { type: 'string', default: '6' }, port: { type: 'string', default: '0' } },
});

const makeModel = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.Conv2d(16, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(512, 10),
  );

const lines = zlib.gunzipSync(fs.readFileSync(path.join(__dirname, 'data', 'digits.csv.gz'))).toString();
const table = torch.tensor(lines.trim().split('\n').map((line) => line.split(',').map(Number))); // prettier-ignore
const pixels = table.at(':', ':64').div(16).view([-1, 1, 8, 8]);
const labels = table.at(':', 64).long();

torch.setNumThreads(1);
torch.manualSeed(42);
const model = makeModel();
const optimizer = new optim.AdamW(model.parameters(), { lr: 2e-3 });
const step = torch.capture((batch: Tensor) => {
  optimizer.zeroGrad();
  const loss = F.crossEntropy(model(pixels.at(batch)), labels.at(batch));
  loss.backward();
  optimizer.step();
  return loss;
});

// What answers is a copy: the model that is trained belongs to the step.
const served = makeModel().eval();
const state = { epoch: 0, loss: NaN, answers: 0 };

const server = http.createServer((request, response) => {
  const answer = async (): Promise<unknown> => {
    if (request.method === 'GET') return state;
    const given = torch.tensor((await json(request)) as number[]).div(16);
    state.answers++;
    return {
      digit: torch.noGrad(() =>
        served(given.view([1, 1, 8, 8]))
          .argmax()
          .item(),
      ),
    };
  };
  answer().then(
    (value) => response.end(`${JSON.stringify(value)}\n`),
    (error: Error) => response.writeHead(400).end(`${error.message}\n`),
  );
});

async function train(): Promise<void> {
  for (let epoch = 1; epoch <= Number(options.epochs); epoch++) {
    const losses: Promise<Tensor>[] = torch.randperm(table.shape[0]).split(64, 0).map((batch) => step.async(batch)); // prettier-ignore
    const last = (await Promise.all(losses)).at(-1)!;
    await step.fence(() => served.loadStateDict(model.stateDict()));
    Object.assign(state, { epoch, loss: last.item() });
    console.log(`epoch ${epoch}  loss ${state.loss.toFixed(4)}`);
  }
}

server.listen(Number(options.port), '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  console.log(`http://127.0.0.1:${port}`);
  train().then(
    () => server.close(() => console.log(`answered ${state.answers} requests`)),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
