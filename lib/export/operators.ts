// What libtorch's schema says of an operator that a program calls.
import { camelCase } from '../core/names';
import { native } from '../native';

/** An operator's schema, as far as it matters here. */
export interface OperatorSchema {
  /** Names of the arguments that it writes to, and whether each is a list of tensors. */
  written: { name: string; isList: boolean }[];
  /** Names of all arguments. */
  names: string[];
  /** How many results it has. */
  returns: number;
  /** Whether an argument has a default, or can be given by its name alone. */
  isOptional(name: string): boolean;
}

/** The schema of 'torch.ops.aten.add.Tensor'; null where there is no such operator. */
export function operatorSchema(target: string): OperatorSchema | null {
  const [, space, name, ending] = /^torch\.ops\.(\w+)\.(\w+)\.(\w+)$/.exec(target) ?? [];
  if (space === undefined) return null;
  const overload = ending === 'default' ? '' : ending;
  const found = native.signatures(`${space}::${name}`, null, false).find((one) => one.overload === overload);
  if (found === undefined) return null;
  // 'Tensor(a!) x', 'Tensor(a!)[] xs', 'Tensor(a!)? z'
  const parameters = found.schema.slice(0, found.schema.lastIndexOf(' -> '));
  const written = [...parameters.matchAll(/Tensor\(\w+!(?: -> [^)]*)?\)([[\]\d?]*) (\w+)/g)];
  return {
    names: operatorParameters(`${space}::${name}${overload && `.${overload}`}`).parameters.map(
      (one) => one.name,
    ),
    written: written.map(([, list, argument]) => ({ name: argument, isList: list.includes('[') })),
    returns: found.returns.length,
    isOptional(argument) {
      const parameter = found.parameters.find((one) => one.name === camelCase(argument));
      return parameter !== undefined && (parameter.default !== undefined || parameter.keywordOnly);
    },
  };
}

/** An argument of an operator, by its name in the schema. */
export interface OperatorParameter {
  name: string;
  type: string;
  isKeyword: boolean;
  /** As the schema writes it. */
  default?: string;
}

/** The arguments of 'aten::add.Tensor', and the types of what it returns. */
export function operatorParameters(operator: string): { parameters: OperatorParameter[]; returns: string[] } {
  const [name, overload = ''] = operator.split('.');
  const found = native.signatures(name, null, false).find((one) => one.overload === overload)!;
  const text = found.schema.slice(found.schema.indexOf('(') + 1, found.schema.lastIndexOf(') -> '));
  // Behind a comma within a default, as in '[0, 1]', is no letter.
  const parts = text.split(/, (?=[A-Za-z_*])/).filter((part) => part !== '*');
  return {
    parameters: found.parameters.map(({ type, keywordOnly, default: standard }, i) => ({
      name: / (\w+)(?:=.*)?$/.exec(parts[i])![1],
      type,
      isKeyword: keywordOnly,
      ...(standard !== undefined && { default: standard }),
    })),
    returns: found.returns.map(({ type }) => type),
  };
}
