// The packed types hold for the oldest TypeScript that is promised, without skipLibCheck.
import path from 'node:path';
import { installed, removeAll, run, tool } from './project';

afterAll(removeAll);

const consumer = `
import torch, { nn, Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { Linear } from 'nodetorch/nn';
import { SGD } from 'nodetorch/optim';
import * as safetensors from 'nodetorch/safetensors';
const layer = new Linear(2, 3);
const y: Tensor = F.relu(layer(torch.randn([1, 2])).add(1));
export const all: [number[], nn.Linear, object, object] = [[...y.shape], layer, SGD, safetensors];
// @ts-expect-error: a tensor is no string
export const wrong: string = y.relu();`;

test('TypeScript 5.2, with the resolution of Node 10 and of Node 16', () => {
  const tools = tool('typescript', 'typescript@5.2', '@types/node@20');
  if (!tools) return;
  const made = installed('types', { 'consumer.ts': consumer });
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,esnext.disposable'];
  const types = ['--types', 'node', '--typeRoots', path.join(tools, '@types')];
  for (const [module, resolution] of [
    ['commonjs', 'node'],
    ['node16', 'node16'],
  ]) {
    const how = ['--module', module, '--moduleResolution', resolution];
    const tsc = path.join(tools, 'typescript/bin/tsc');
    expect(run([process.execPath, tsc, ...flags, ...types, ...how, 'consumer.ts'], made)).toEqual({
      code: 0,
      text: '',
    });
  }
});
