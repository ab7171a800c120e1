// The rules by name. docs/eslint.md has an example of each.
import { noAsyncScope } from './no_async_scope';
import { noFieldsOfValues } from './no_fields_of_values';
import { noFloatingAsync } from './no_floating_async';
import { noPlainModuleArray } from './no_plain_module_array';
import { noSnakeCase } from './no_snake_case';
import { noTensorOperators } from './no_tensor_operators';
import { noTensorTruthiness } from './no_tensor_truthiness';
import { stateOrder } from './state_order';

export const rules = {
  'no-tensor-operators': noTensorOperators,
  'no-tensor-truthiness': noTensorTruthiness,
  'no-fields-of-values': noFieldsOfValues,
  'no-plain-module-array': noPlainModuleArray,
  'state-order': stateOrder,
  'no-floating-async': noFloatingAsync,
  'no-async-scope': noAsyncScope,
  'no-snake-case': noSnakeCase,
};
export type RuleName = keyof typeof rules;
