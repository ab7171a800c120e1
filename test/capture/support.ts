// Runs a program with and without capture, and compares everything in bits.
import { createHash } from 'node:crypto';
import torch, { type Tensor } from 'nodetorch';

/** The bits of a tensor, or their digest, with its dtype, shape and strides. */
export function bitsOf(tensor: Tensor | null): string {
  if (tensor === null) return 'null';
  const { dtype, shape, requiresGrad, isLeaf } = tensor;
  const bytes = tensor.detach().resolveConj().resolveNeg().contiguous().reshape([-1]).view(torch.uint8);
  const values = Buffer.from(bytes.toTypedArray() as Uint8Array);
  const text = values.length > 64 ? createHash('sha1').update(values).digest('hex') : values.toString('hex');
  return `${dtype} [${shape.join()}] (${tensor.stride().join()}) ${requiresGrad} ${isLeaf} ${text}`;
}

export const randomState = (): string => bitsOf(torch.getRngState());

/** What a program's step gives, after each call: outputs and whatever `state` names. */
export interface Program {
  step: (...args: never[]) => unknown;
  args: (i: number) => unknown[];
  state: () => (Tensor | null)[];
}

const outputsOf = (result: unknown): (Tensor | null)[] =>
  Array.isArray(result) ? (result as Tensor[]) : [result as Tensor];

/** One line for each call of `make`'s step, in `lines` as far as it comes. */
export function traceOf(
  make: () => Program,
  calls: number,
  captured: boolean,
  lines: string[] = [],
  watch = true,
): { lines: string[]; replays: number } {
  torch.manualSeed(1);
  const program = make();
  const step = captured
    ? torch.capture(program.step as (...args: unknown[]) => unknown, { watch })
    : (program.step as (...args: unknown[]) => unknown);
  for (let i = 0; i < calls; i++) {
    const outputs = outputsOf(step(...program.args(i)));
    lines.push([...outputs, ...program.state()].map(bitsOf).join('\n') + '\n' + randomState());
  }
  return { lines, replays: captured ? (step as unknown as { replays: number }).replays : 0 };
}
