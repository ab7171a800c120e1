// What follows a packed layer becomes part of it.
import { isTensor } from '../native/tensor_base';
import { isPackedConv } from './chains';
import { isDefault } from './layers';
import { argumentOf, constantOf, operatorName } from './operators';
import { type ProgramArgument, type ProgramDescription, type ProgramNode, ProgramView } from './view';

const isNone = (argument: ProgramArgument): boolean => 'constant' in argument && argument.constant === null;

const isPacked = (node: ProgramNode | undefined): node is ProgramNode =>
  node !== undefined && (node.operator === 'nodetorch.linear' || isPackedConv(node));

const activations = new Map([
  ['aten.relu.default', 'relu'],
  ['aten.relu6.default', 'relu6'],
  ['aten.silu.default', 'silu'],
  ['aten.hardswish.default', 'hardswish'],
]);

const limited = (node: ProgramNode, least: string, most: string): string | null =>
  constantOf(node, least) === 0 && constantOf(node, most) === 6 ? 'relu6' : null;

function activationOf(node: ProgramNode): string | null {
  const name = operatorName(node);
  const plain = activations.get(name);
  if (plain !== undefined) return plain;
  if (name === 'aten.hardtanh.default') return limited(node, 'minVal', 'maxVal');
  if (name === 'aten.clamp.default') return limited(node, 'min', 'max');
  if (name !== 'aten.gelu.default') return null;
  const approximate =
    argumentOf(node, 'approximate') === undefined ? 'none' : constantOf(node, 'approximate');
  return approximate === 'none' ? 'gelu' : approximate === 'tanh' ? 'gelu_tanh' : null;
}

/** What is added to the result of a packed layer, and relu, gelu and the like of it, become part of the layer. */
export function fuseEpilogues(program: ProgramDescription): ProgramDescription {
  const fused = new Map<ProgramNode, ProgramNode>();
  const gone = new Set<ProgramNode>();
  const view = new ProgramView(program);
  // The layer that gives the value, as far as nobody else uses that; `made` is the layer as it is by now.
  const layerOfSlot = (argument: ProgramArgument | undefined, node: ProgramNode) => {
    if (!argument || !('slot' in argument) || !view.isOnlyFor(argument.slot, node)) return null;
    const place = view.producerOf(argument.slot);
    const made = place && (fused.get(place) ?? place);
    if (!isPacked(made) || !view.isQuietBetween(place!, node)) return null;
    return { place: place!, made };
  };
  const take = (
    node: ProgramNode,
    place: ProgramNode,
    made: ProgramNode,
    activation: string,
    other: ProgramArgument,
  ) => {
    gone.add(place);
    const given = [...made.arguments.slice(0, -2), { constant: activation }, other];
    fused.set(node, { ...made, arguments: given, outputs: node.outputs });
  };
  for (const node of program.nodes) {
    const activation = activationOf(node);
    if (activation !== null) {
      const layer = layerOfSlot(argumentOf(node, 'self'), node);
      if (layer && epilogueOf(layer.made).activation === 'none')
        take(node, layer.place, layer.made, activation, epilogueOf(layer.made).other);
    } else if (operatorName(node) === 'aten.add.Tensor' && isDefault(node, 'alpha')) {
      const sides = [argumentOf(node, 'self'), argumentOf(node, 'other')];
      // The later one of two layers takes the other's result.
      const [at, layer] = [1, 0]
        .map((side) => [side, layerOfSlot(sides[side], node)] as const)
        .find(([, one]) => {
          const epilogue = one && epilogueOf(one.made);
          return epilogue?.activation === 'none' && isNone(epilogue.other);
        }) ?? [0, null];
      const other = sides[1 - at];
      const isValue = other && ('slot' in other || ('constant' in other && isTensor(other.constant)));
      if (layer && isValue) take(node, layer.place, layer.made, 'none', other);
    }
  }
  const nodes = program.nodes.filter((node) => !gone.has(node)).map((node) => fused.get(node) ?? node);
  return { ...program, nodes };
}

function epilogueOf({ arguments: all }: ProgramNode): { activation: unknown; other: ProgramArgument } {
  const [activation, other] = all.slice(-2);
  return { activation: 'constant' in activation ? activation.constant : null, other };
}
