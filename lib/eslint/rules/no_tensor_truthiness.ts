// A tensor is an object, which is true whatever it holds.
import type { TSESTree } from '@typescript-eslint/utils';
import { type Context, rule } from '../rule';
import { receiver, shortened } from '../text';
import type { Types } from '../types';

export const noTensorTruthiness = rule(
  {
    description: 'Tensors as conditions: every tensor is true, whatever it holds',
    hasSuggestions: true,
    messages: {
      truthy:
        'A tensor is true whatever it holds: write `.item()` for the boolean of one element, `.any().item()` or ' +
        '`.all().item()` for that of several, or compare with null where its absence is meant.',
      item: 'Write `{{code}}`.',
    },
  },
  (context, types) => {
    // Without strict null checks every tensor may be null, and a condition may ask for that.
    const options = types.services.program.getCompilerOptions();
    if (!(options.strictNullChecks ?? options.strict)) return {};

    const check = (node: TSESTree.Expression): void => {
      // What is left of an operator, and what is behind `!`, is visited on its own.
      if (node.type === 'LogicalExpression' && node.operator !== '??') return check(node.right);
      if (node.type === 'UnaryExpression' && node.operator === '!') return;
      if (!isAlwaysTrue(types, node) || mayBeMissing(context, types, node)) return;
      const code = `${receiver(context, node)}.item()`;
      context.report({
        node,
        messageId: 'truthy',
        suggest:
          types.share(types.of(node), 'Tensor') === 'all'
            ? [
                {
                  messageId: 'item',
                  data: { code: shortened(code) },
                  fix: (fixer) => fixer.replaceText(node, code),
                },
              ]
            : [],
      });
    };
    const checkTest = ({ test }: { test: TSESTree.Expression | null }): void => {
      if (test) check(test);
    };
    return {
      IfStatement: checkTest,
      WhileStatement: checkTest,
      DoWhileStatement: checkTest,
      ForStatement: checkTest,
      ConditionalExpression: checkTest,
      LogicalExpression({ operator, left }) {
        if (operator !== '??') check(left);
      },
      UnaryExpression({ operator, argument }) {
        if (operator === '!') check(argument);
      },
      CallExpression({ callee, arguments: [value] }) {
        const isBoolean = callee.type === 'Identifier' && callee.name === 'Boolean';
        if (isBoolean && value && value.type !== 'SpreadElement') check(value);
      },
    };
  },
);

/** Whether it may be a tensor, and nothing that says by being false that there is none. */
function isAlwaysTrue(types: Types, node: TSESTree.Expression): boolean {
  const type = types.of(node);
  const isAbsence = (name: string) => ['null', 'undefined', 'void', 'false', 'any', 'unknown'].includes(name);
  return (
    types.has(type, 'Tensor') &&
    !types.parts(type).some((part) => isAbsence(types.checker.typeToString(part)))
  );
}

/** An element of an array, or a value of a record, which may be missing though its type does not say so. */
function mayBeMissing(context: Context, types: Types, node: TSESTree.Expression): boolean {
  if (types.services.program.getCompilerOptions().noUncheckedIndexedAccess) return false;
  const isElement = (value: TSESTree.Node | null | undefined): boolean =>
    value?.type === 'MemberExpression' && (value.computed || isOfIndex(types, value));
  if (node.type !== 'Identifier') return isElement(node);
  const { references } = context.sourceCode.getScope!(node);
  const [definition] = references.find(({ identifier }) => identifier === node)?.resolved?.defs ?? [];
  if (definition?.node.type !== 'VariableDeclarator') return false;
  const { id, init } = definition.node;
  const isOfArray = id.type === 'ArrayPattern' && init && types.checker.isArrayType(types.of(init));
  return isElement(init) || !!isOfArray;
}

// `record.name`, where only an index signature knows the name.
function isOfIndex(types: Types, node: TSESTree.MemberExpression): boolean {
  const name = node.property.type === 'Identifier' ? node.property.name : '';
  return !types.checker.getPropertyOfType(types.checker.getApparentType(types.of(node.object)), name);
}
