// Maps, iterators and tensors keep what they hold in no fields: `Object.entries` and the like find nothing.
import type { TSESTree } from '@typescript-eslint/utils';
import { type Context, rule } from '../rule';
import { argument, receiver, shortened } from '../text';
import type { Types } from '../types';

type Kind = 'map' | 'iterator' | 'tensor';
const MAPS = ['Map', 'ReadonlyMap', 'Set', 'ReadonlySet'];
const ITERATORS = [
  'IterableIterator',
  'IteratorObject',
  'Generator',
  'MapIterator',
  'SetIterator',
  'ArrayIterator',
];

/** What `type` is whose entries are in no fields. An optimizer's `state` has fields for them, and a class of its own. */
function kindOf(types: Types, node: TSESTree.Node): Kind | undefined {
  const type = types.of(node);
  if (types.share(type, 'Tensor') === 'all') return 'tensor';
  const names = types
    .parts(type)
    .flatMap((part) => (part.isIntersection() ? part.types : [part]))
    .map((part) => part.symbol?.name ?? '');
  if (names.some((name) => MAPS.includes(name))) return 'map';
  return names.some((name) => ITERATORS.includes(name)) ? 'iterator' : undefined;
}

// What finds the entries of a Map, by the method of Object that does not.
function instead(context: Context, method: string, node: TSESTree.Expression): string {
  const value = receiver(context, node);
  if (method === 'entries') return `[...${value}]`;
  return method === 'keys' || method === 'values'
    ? `[...${value}.${method}()]`
    : `Object.fromEntries(${value})`;
}

export const noFieldsOfValues = rule(
  {
    description:
      'Object.entries, for ... in and { ...x } of a state dict, an iterator or a tensor, which has no fields',
    hasSuggestions: true,
    messages: {
      map: 'A Map, such as a state dict, keeps its entries in no fields, so that this finds none: write `{{code}}`.',
      iterator:
        'An iterator, such as `parameters()` gives, has no fields, so that this finds none: write `[...it]`.',
      tensor: 'A tensor keeps its numbers in no fields: write `x.tolist()`, or `for (const row of x)`.',
      write: 'Write `{{code}}`.',
    },
  },
  (context, types) => {
    const check = (node: TSESTree.Node, value: TSESTree.Expression, code: string, replaced = node): void => {
      const messageId = kindOf(types, value);
      if (!messageId) return;
      const data = { code: shortened(code) };
      const suggest = [
        {
          messageId: 'write',
          data,
          fix: (fixer: { replaceText(node: TSESTree.Node, text: string): never }) =>
            fixer.replaceText(replaced, code),
        },
      ];
      context.report({ node, messageId, data, suggest: messageId === 'map' ? (suggest as never) : [] });
    };
    return {
      CallExpression(node) {
        const { callee } = node;
        if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return;
        if (callee.object.name !== 'Object' || callee.property.type !== 'Identifier') return;
        const method = callee.property.name;
        if (method === 'assign') {
          for (const source of node.arguments.slice(1)) {
            if (source.type !== 'SpreadElement') check(source, source, instead(context, method, source));
          }
          return;
        }
        const [value] = node.arguments;
        if (!/^(keys|values|entries)$/.test(method) || !value || value.type === 'SpreadElement') return;
        check(node, value, instead(context, method, value));
      },
      ForInStatement(node) {
        const left = context.sourceCode.getText(node.left);
        const header = `for (${left} of ${receiver(context, node.right)}.keys())`;
        const kind = kindOf(types, node.right);
        if (kind) context.report({ node: node.right, messageId: kind, data: { code: shortened(header) } });
      },
      'ObjectExpression > SpreadElement'({ argument: value }: TSESTree.SpreadElement) {
        check(value, value, `Object.fromEntries(${argument(context, value)})`);
      },
    };
  },
);
