// A program as text, a node a line: '%2 = aten.linear.default(%0, <4x8>, None)'.
import { isTensor } from '../native/tensor_base';
import { operatorName } from './operators';
import type { ProgramArgument, ProgramDescription } from './view';

function argumentText(argument: ProgramArgument): string {
  if ('slot' in argument) return `%${argument.slot}`;
  if ('float' in argument) return String(argument.float);
  if ('graph' in argument) return 'graph';
  if ('list' in argument) return `[${argument.list.map(argumentText).join(', ')}]`;
  const { constant } = argument;
  if (isTensor(constant)) return `<${constant.shape.join('x')}>`;
  return Array.isArray(constant) ? `[${constant.join(', ')}]` : String(constant);
}

/** @internal */
export function programText({ nodes, outputs }: ProgramDescription): string {
  const lines = nodes.map((node) => {
    const results = node.outputs.flat().map((slot) => (slot === null ? '_' : `%${slot}`));
    const keywords = Object.entries(node.keywords ?? {}).map(([key, one]) => `${key}=${argumentText(one)}`);
    const given = [...node.arguments.map(argumentText), ...keywords].join(', ');
    return `${results.join(', ')} = ${operatorName(node)}(${given})`;
  });
  return [...lines, `return ${outputs.map(argumentText).join(', ')}`].join('\n');
}
