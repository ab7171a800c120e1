// What operators do under a class of modes, without a change of either (torch.library.register_torch_dispatch).
import { TorchError } from '../core/errors';

/** A mode's answer for one operator; `types` are the classes of tensors, of which there is one. */
export type DispatchRule = (
  mode: never,
  func: never,
  types: readonly unknown[],
  args: never,
  kwargs: never,
) => unknown;

const rules = new Map<string, Map<unknown, DispatchRule>>();

export function addDispatchRule(name: string, modeClass: { name: string }, rule: DispatchRule): void {
  const ofName = rules.get(name) ?? new Map<unknown, DispatchRule>();
  if (ofName.has(modeClass))
    throw new TorchError(
      `${name} already has a \`__torch_dispatch__\` rule registered for ${modeClass.name}`,
    );
  rules.set(name, ofName.set(modeClass, rule));
}

/** That of exactly this class. */
export const dispatchRuleOf = (name: string, modeClass: unknown): DispatchRule | undefined =>
  rules.get(name)?.get(modeClass);
