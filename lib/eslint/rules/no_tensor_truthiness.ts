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
  if (node.type !== 'Identifier') return isElement(types, node);
  const { references } = context.sourceCode.getScope!(node);
  const [definition] = references.find(({ identifier }) => identifier === node)?.resolved?.defs ?? [];
  const taken = definition?.name.parent;
  // What is taken out by `[name]`, by `{ name }` and by `const name = list[0]`.
  if (taken?.type === 'ArrayPattern') return types.checker.isArrayType(types.of(taken));
  if (taken?.type === 'Property')
    return taken.value === definition.name && !hasProperty(types, taken.parent, taken.key);
  return definition?.node.type === 'VariableDeclarator' && isElement(types, definition.node.init);
}

function isElement(types: Types, node: TSESTree.Node | null): boolean {
  return (
    node?.type === 'MemberExpression' && (node.computed || !hasProperty(types, node.object, node.property))
  );
}

/** Whether a type has the name itself; an index signature knows no names. */
function hasProperty(types: Types, ofWhat: TSESTree.Node, name: TSESTree.Node): boolean {
  const type = types.checker.getApparentType(types.of(ofWhat));
  return name.type !== 'Identifier' || !!types.checker.getPropertyOfType(type, name.name);
}
