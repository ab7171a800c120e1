// What a parametrization may give.
import { valueError } from '../../core/errors';
import { sizeText } from '../../core/size_text';
import { sameSize } from '../../functional/reduction';
import { Tensor } from '../../tensor';
import { typeName } from '../../tensor/repr';
import { tryRightInverse, type Parametrization } from './parametrization_list';

// What a parametrization gives must be like the tensor that it stands for; `%` stands for dtype or shape.
function checkLike(given: Tensor, like: Tensor, name: string, rule: string, what: string): void {
  const refuse = (property: string, before: string, after: string): TypeError =>
    valueError(
      `${rule.replace('%', property)}, unless the \`unsafe\` flag is enabled.\n` +
        `module.${name}.${property}: ${before}\n${what.replace('%', property)}: ${after}`,
    );
  if (given.dtype !== like.dtype) throw refuse('dtype', String(like.dtype), String(given.dtype));
  if (!sameSize(given, like)) throw refuse('shape', sizeText(like.shape), sizeText(given.shape));
}

/** @throws ValueError where the parametrization gives another shape or dtype than it gets. */
export function checkAppended(name: string, current: Tensor, parametrization: Parametrization): void {
  const value: unknown = parametrization(current);
  if (!(value instanceof Tensor))
    throw valueError(`A parametrization must return a tensor. Got ${typeName(value)}.`);
  const changed = 'Registering a parametrization may not change the % of the tensor';
  checkLike(value, current, name, changed, `parametrization(module.${name}).%`);
  const inverse = tryRightInverse(parametrization, value);
  if (inverse === undefined) return;
  if (!(inverse instanceof Tensor))
    throw valueError(`parametrization.right_inverse must return a tensor. Got: ${typeName(inverse)}`);
  const other = `The tensor returned by parametrization.right_inverse must have the same % as module.${name}`;
  checkLike(inverse, current, name, other, 'returned %');
}
