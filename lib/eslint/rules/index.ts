// The rules by name. docs/eslint.md has an example of each.
import { noTensorOperators } from './no_tensor_operators';
import { noTensorTruthiness } from './no_tensor_truthiness';

export const rules = {
  'no-tensor-operators': noTensorOperators,
  'no-tensor-truthiness': noTensorTruthiness,
};
export type RuleName = keyof typeof rules;
