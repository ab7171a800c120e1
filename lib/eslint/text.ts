// How code is taken from a program and put into it.
import type { TSESTree } from '@typescript-eslint/utils';
import type { Context } from './rule';

// What a method can be called on without parentheses.
const PRIMARY = new Set<string>([
  'Identifier',
  'MemberExpression',
  'CallExpression',
  'ThisExpression',
  'NewExpression',
  'TSNonNullExpression',
  'TemplateLiteral',
  'ArrayExpression',
]);

/** The text of an expression as what a method is called on. */
export function receiver(context: Context, node: TSESTree.Node): string {
  const text = context.sourceCode.getText(node);
  return PRIMARY.has(node.type) ? text : `(${text})`;
}

/** The text of an expression as an argument. */
export function argument(context: Context, node: TSESTree.Node): string {
  const text = context.sourceCode.getText(node);
  return node.type === 'SequenceExpression' ? `(${text})` : text;
}

/** Code for a message: on one line, and not long. */
export function shortened(code: string): string {
  const line = code.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}

/** Whether a value is asked only whether it is true. */
export function isTested(node: TSESTree.Node): boolean {
  const { parent } = node;
  switch (parent?.type) {
    case 'IfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
    case 'ConditionalExpression':
      return parent.test === node;
    case 'UnaryExpression':
      return parent.operator === '!';
    case 'LogicalExpression':
      return parent.operator !== '??' && isTested(parent);
    default:
      return false;
  }
}
