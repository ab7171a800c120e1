// Grad mode, autocast, `tidy` and the transforms of torch.func end when the function that they run returns.
import type { TSESTree } from '@typescript-eslint/utils';
import type ts from 'typescript';
import { rule } from '../rule';
import { type Types, isOwn } from '../types';

export const noAsyncScope = rule(
  {
    description: 'Asynchronous functions for what runs synchronous ones, such as `noGrad`',
    messages: {
      scope:
        '`{{name}}` does not wait: it ends when the function returns its promise, before what the function awaits. ' +
        'Await first, and call `{{name}}` around what is synchronous.',
    },
  },
  (context, types) => ({
    CallExpression(node) {
      const symbol = types.calleeSymbol(node);
      if (!isOwn(symbol)) return;
      node.arguments.forEach((given, i) => {
        const makesPromise = types
          .of(given)
          .getCallSignatures()
          .some((one) => types.isPromise(one.getReturnType()));
        if (makesPromise && returnsWhatItGives(types, node, i)) {
          context.report({ node: given, messageId: 'scope', data: { name: symbol!.name } });
        }
      });
    },
  }),
);

/**
 * Whether parameter number `at` is a function `(...) => T` that may give anything, as `body` of `noGrad` is: it is
 * taken for what it gives. One that may give promises says so: `() => Promise<T>`.
 */
function returnsWhatItGives(types: Types, node: TSESTree.CallExpression, at: number): boolean {
  const call = types.services.esTreeNodeToTSNodeMap.get(node) as ts.CallExpression;
  const declaration = types.checker.getResolvedSignature(call)?.declaration as
    ts.SignatureDeclaration | undefined;
  const declared = declaration && types.checker.getSignatureFromDeclaration(declaration);
  const given = (declared && types.parameterTypes(declared)[at]) ?? [];
  const functions = given.flatMap((type) => types.parts(type)).flatMap((type) => type.getCallSignatures());
  return functions.some((signature) => signature.getReturnType().isTypeParameter());
}
