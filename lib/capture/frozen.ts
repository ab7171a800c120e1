// A recording as a program for inference alone, whose weights are part of it.
import { TorchError } from '../core/errors';
import type { DType } from '../core/dtype';
import { type Results, freezeProgram } from '../freeze';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { isTensor } from '../native/tensor_base';
import type { Handle, ProgramArgument, ProgramNode } from '../../typings/native';
import type { Recorded } from './session';

/**
 * A program that gives the tensors that are the recording's own.
 *
 * @throws TorchError where there is more in it than inference.
 */
export function freezeRecording({ handle, hosts }: Recorded): Handle {
  if (hosts.length > 0) {
    const [{ object, method }] = hosts;
    throw new TorchError(
      `torch.capture: freeze is for inference alone, and the function calls ${object.constructor.name}.${method}()`,
    );
  }
  const { nodes, ...rest } = native.captureDescription(handle);
  const results: Results = new Map(
    nodes.flatMap(({ name, sizes, dtype }) =>
      sizes === undefined ? [] : [[name, { sizes, dtype: wrap(dtype) as DType }]],
    ),
  );
  const description = {
    ...rest,
    withoutGradients: true as const,
    nodes: nodes.map(withTensors),
    outputs: rest.outputs.map(withTensor),
  };
  return native.programCreate(freezeProgram(description, { constants: new Map(), results }));
}

const withTensors = (node: ProgramNode): ProgramNode => ({
  ...node,
  arguments: node.arguments.map(withTensor),
  keywords: Object.fromEntries(
    Object.entries(node.keywords ?? {}).map(([key, one]) => [key, withTensor(one)]),
  ),
});

function withTensor(argument: ProgramArgument): ProgramArgument {
  if ('list' in argument) return { list: argument.list.map(withTensor) };
  if (!('constant' in argument)) return argument;
  const constant = wrap(argument.constant);
  return { constant: isTensor(constant) ? constant.detach() : constant };
}
