// Runs what onnx_export.py wrote in onnxruntime-node, and compares with what the models gave here.
//
//     tsx test/parity/onnx_run.ts DIR PEERS
//
// Run by test/parity/run.js; PEERS has onnxruntime-node. Exits with 1 where an output is further away than rounding.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import torch, { type Tensor } from 'nodetorch';

interface Runtime {
  Tensor: new (type: string, data: unknown, dims: readonly number[]) => { data: Float32Array };
  InferenceSession: { create(file: string): Promise<Session> };
}
interface Session {
  inputNames: readonly string[];
  outputNames: readonly string[];
  run(
    feeds: Record<string, unknown>,
  ): Promise<Record<string, { data: Float32Array; dims: readonly number[] }>>;
}
const LARGEST = 1e-4;
const [folder, peers] = process.argv.slice(2);
const runtime = createRequire(path.join(peers, 'package.json'))('onnxruntime-node') as Runtime;

const toOnnx = (tensor: Tensor): unknown =>
  new runtime.Tensor(tensor.dtype.name, tensor.contiguous().toTypedArray(), [...tensor.shape]);

async function distance(name: string): Promise<number> {
  const { inputs, outputs } = torch.load<{ inputs: Tensor[][]; outputs: Tensor[][] }>(
    path.join(folder, `${name}.trained.pt`),
    { objects: true },
  );
  const session = await runtime.InferenceSession.create(path.join(folder, `${name}.onnx`));
  let most = 0;
  for (const [i, args] of inputs.entries()) {
    const feeds = Object.fromEntries(session.inputNames.map((input, j) => [input, toOnnx(args[j])]));
    const results = await session.run(feeds);
    session.outputNames.forEach((output, j) => {
      const { data, dims } = results[output];
      const found = torch.tensor(data, { dtype: torch.float32 }).view([...dims]);
      most = Math.max(most, found.sub(outputs[i][j]).abs().max().item());
    });
  }
  return most;
}

async function main(): Promise<void> {
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.onnx'));
  for (const name of names.map((file) => file.slice(0, -'.onnx'.length))) {
    const far = await distance(name);
    if (!(far <= LARGEST)) process.exitCode = 1;
    console.log(
      `parity: onnx: ${name}: ${far <= LARGEST ? 'equal' : 'DIFFERENT'} within ${far.toExponential(1)}`,
    );
  }
}
void main();
