// What nodetorch computes elsewhere is a promise until it is awaited.
import type { TSESTree } from '@typescript-eslint/utils';
import type ts from 'typescript';
import { rule } from '../rule';
import { receiver, shortened } from '../text';
import { type Types, isOwn } from '../types';

/** What a promise itself has. */
const OWN_MEMBERS = ['then', 'catch', 'finally'];

export const noFloatingAsync = rule(
  {
    description: 'Promises of nodetorch that nobody awaits',
    hasSuggestions: true,
    messages: {
      floating:
        '`{{code}}` is a promise that nobody awaits: what comes next does not wait for it, and its error is lost. ' +
        'Write `await`, or `void` where that is meant.',
      value: '`{{code}}` is a promise, not what it will give: write `await`.',
      await: 'Write `await`.',
    },
  },
  (context, types) => {
    const report = (node: TSESTree.Expression, messageId: string, awaiting: string): void =>
      context.report({
        node,
        messageId,
        data: { code: shortened(context.sourceCode.getText(node)) },
        suggest: mayAwait(node)
          ? [{ messageId: 'await', fix: (fixer) => fixer.replaceText(node, awaiting) }]
          : [],
      });
    return {
      ExpressionStatement({ expression }) {
        if (isPromiseOfOurs(types, expression)) {
          report(expression, 'floating', `await ${context.sourceCode.getText(expression)}`);
        }
      },
      MemberExpression({ object, property, computed }) {
        const isOfPromise =
          !computed && property.type === 'Identifier' && OWN_MEMBERS.includes(property.name);
        if (!isOfPromise && isPromiseOfOurs(types, object)) {
          report(object, 'value', `(await ${receiver(context, object)})`);
        }
      },
      CallExpression(node) {
        if (!isOwn(types.calleeSymbol(node))) return;
        for (const given of node.arguments) {
          if (given.type === 'SpreadElement' || !types.isPromise(types.of(given))) continue;
          if (!mayBePromise(types, given)) report(given, 'value', `await ${receiver(context, given)}`);
        }
      },
    };
  },
);

function isPromiseOfOurs(types: Types, node: TSESTree.Expression): boolean {
  const call = node.type === 'ChainExpression' ? node.expression : node;
  return (
    call.type === 'CallExpression' &&
    isOwn(types.calleeSymbol(call)) &&
    types.isPromise(types.of(node)) &&
    !givesAnything(types, call)
  );
}

/** Whether it gives what it is given, as `noGrad`: a promise there is for no-async-scope. */
function givesAnything({ checker, services }: Types, node: TSESTree.CallExpression): boolean {
  const declared = checker.getResolvedSignature(
    services.esTreeNodeToTSNodeMap.get(node) as ts.CallExpression,
  )?.declaration;
  return !!declared?.type && checker.getTypeFromTypeNode(declared.type as ts.TypeNode).isTypeParameter();
}

/** Whether a function takes a promise for this argument, or anything. */
function mayBePromise(types: Types, node: TSESTree.Expression): boolean {
  const expected = types.checker.getContextualType(types.services.esTreeNodeToTSNodeMap.get(node) as never);
  if (!expected) return true;
  const names = types.parts(expected).map((part) => types.checker.typeToString(part));
  return types.isPromise(expected) || names.some((name) => name === 'any' || name === 'unknown');
}

function mayAwait(node: TSESTree.Node): boolean {
  for (let above = node.parent; above; above = above.parent) {
    if ('async' in above) return above.async === true;
    if (above.type === 'StaticBlock' || above.type === 'PropertyDefinition') return false;
  }
  return true;
}
