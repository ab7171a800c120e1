// Python's operators are methods here.
import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import type ts from 'typescript';
import { ARITHMETIC, COMPARISON, METHOD, REFLECTED, UNARY } from '../operators';
import { type Context, rule } from '../rule';
import { argument, isTested, receiver, shortened } from '../text';
import type { Types } from '../types';

type Binary = TSESTree.BinaryExpression;
type Operation =
  Binary | TSESTree.UnaryExpression | TSESTree.UpdateExpression | TSESTree.AssignmentExpression;

/** How much of a value is Tensor: beside it there may be null, or something that has the operator. */
const SHARES = ['all', 'nullable', 'mixed'] as const;
type Share = (typeof SHARES)[number] | 'none';

export const noTensorOperators = rule(
  {
    description: "Python's operators on tensors, for which JavaScript has methods",
    fixable: true,
    hasSuggestions: true,
    messages: {
      operator: 'JavaScript has no `{{operator}}` of tensors: write `{{code}}`.',
      comparison:
        'JavaScript does not compare tensors by `{{operator}}`: write `{{code}}`, with `.item()` behind it for one boolean.',
      equality:
        '`{{operator}}` asks whether both are the same object: write `{{code}}` for the elements, with `a.equal(b)` ' +
        'for one boolean, or `{{operator}}=` where the object is meant.',
      mixed:
        'It may be a tensor, for which JavaScript has no `{{operator}}`: ask whether it is `instanceof torch.Tensor`, ' +
        'and use its methods there.',
      text: '`+` cannot put a tensor into a text: write a template string, or `{{code}}`.',
      plus: '`+x` of a tensor is no number: write `{{code}}` for its only element.',
      assignment:
        'JavaScript has no `{{operator}}` of tensors: write `{{code}}` to change the tensor, or `{{other}}` for a new one.',
      sum: '`{{operator}}` cannot add a tensor to what is none: write `{{code}}` for numbers, or begin with a tensor.',
      write: 'Write `{{code}}`.',
    },
  },
  (context, types) => {
    const found = new Finder(context, types);
    return {
      BinaryExpression: (node) => found.binary(node),
      UnaryExpression: (node) => found.unary(node),
      AssignmentExpression: (node) => found.assignment(node),
      UpdateExpression: (node) => found.update(node),
    };
  },
);

class Finder {
  constructor(
    private readonly context: Context,
    private readonly types: Types,
  ) {}

  /** Of a value; of what operators make, once they are methods. */
  private share(node: TSESTree.Node): Share {
    const operands =
      node.type === 'BinaryExpression' && node.operator in ARITHMETIC
        ? [node.left, node.right]
        : node.type === 'UnaryExpression' && node.operator in UNARY
          ? [node.argument]
          : [];
    const shares = operands.map((operand) => this.share(operand));
    return SHARES.find((share) => shares.includes(share)) ?? this.shareOfType(node);
  }

  private shareOfType(node: TSESTree.Node): Share {
    const type = this.types.of(node);
    const share = this.types.share(type, 'Tensor');
    if (share !== 'some') return share;
    const isFit = (part: ts.Type) => this.types.isNothing(part) || this.types.has(part, 'Tensor');
    return this.types.parts(type).every(isFit) ? 'nullable' : 'mixed';
  }

  binary(node: Binary): void {
    const { operator, left, right } = node;
    if (!(operator in METHOD) || left.type === 'PrivateIdentifier') return;
    const shares = [this.share(left), this.share(right)];
    if (shares[0] === 'none' && shares[1] === 'none') return;
    const isEquality = operator === '==' || operator === '!=';
    if (isEquality && (this.isNothing(left) || this.isNothing(right))) return;
    const tensor = shares[0] === 'none' ? right : left;
    if (operator === '+' && (this.isText(left) || this.isText(right))) {
      return this.report(node, 'text', tensor, `String(${this.context.sourceCode.getText(tensor)})`);
    }
    if ((tensor === left ? shares[0] : shares[1]) === 'mixed') return this.mixed(node);
    const messageId = isEquality ? 'equality' : operator in COMPARISON ? 'comparison' : 'operator';
    const code = this.binaryCode(node, shares[0]);
    const data = { operator, code: shortened(code) };
    // A number that is computed, maybe by drawing it, stays before the tensor.
    const isSure = shares[0] === 'all' || (shares[0] === 'none' && shares[1] === 'all' && isPlain(left));
    if (!isSure || code.startsWith('torch.') || this.hasComments(node)) {
      return this.context.report({ node, messageId, data });
    }
    const fix = this.replacing(node, operator in COMPARISON && isTested(node) ? `${code}.item()` : code);
    // Whether the objects or the elements are meant is for a person to say.
    if (isEquality) {
      return this.context.report({ node, messageId, data, suggest: [{ messageId: 'write', data, fix }] });
    }
    this.context.report({ node, messageId, data, fix });
  }

  private binaryCode({ operator, left, right }: Binary, ofLeft: Share): string {
    const [a, b] = [argument(this.context, left), argument(this.context, right)];
    if (ofLeft !== 'none') return `${receiver(this.context, left)}.${METHOD[operator]}(${b})`;
    const methods = REFLECTED[operator];
    if (!methods) return `torch.${METHOD[operator]}(${a}, ${b})`;
    const inner = methods.slice(1).map((name) => `.${name}()`);
    return `${receiver(this.context, right)}${inner.join('')}.${methods[0]}(${a})`;
  }

  unary(node: TSESTree.UnaryExpression): void {
    const { operator, argument: operand } = node;
    if (!(operator in UNARY)) return;
    const share = this.share(operand);
    if (share === 'none') return;
    if (share === 'mixed') return this.mixed(node);
    const code = `${receiver(this.context, operand)}.${UNARY[operator]}()`;
    if (operator === '+') return this.report(node, 'plus', node, code);
    const data = { operator, code: shortened(code) };
    const isSure = share === 'all' && !this.hasComments(node);
    this.context.report({
      node,
      messageId: 'operator',
      data,
      fix: isSure ? this.replacing(node, code) : null,
    });
  }

  assignment(node: TSESTree.AssignmentExpression): void {
    const operator = node.operator.slice(0, -1);
    if (!(operator in ARITHMETIC)) return;
    const shares = [this.share(node.left), this.share(node.right)];
    if (shares[0] === 'none' && shares[1] === 'none') return;
    if (shares[0] === 'mixed') return this.mixed(node);
    const { left, right } = node;
    const number = `${receiver(this.context, right)}.item()`;
    if (shares[0] === 'none') {
      if (operator === '+' && this.isText(left)) {
        return this.report(node, 'text', right, `String(${this.context.sourceCode.getText(right)})`);
      }
      return this.report(node, 'sum', right, number, { operator: node.operator });
    }
    const method = `.${ARITHMETIC[operator]}`;
    const [target, value] = [this.context.sourceCode.getText(left), argument(this.context, right)];
    this.change(
      node,
      node.operator,
      `${target}${method}_(${value})`,
      `${target} = ${target}${method}(${value})`,
    );
  }

  update(node: TSESTree.UpdateExpression): void {
    const share = this.share(node.argument);
    if (share === 'none') return;
    if (share === 'mixed') return this.mixed(node);
    const target = this.context.sourceCode.getText(node.argument);
    const method = node.operator === '++' ? 'add' : 'sub';
    this.change(node, node.operator, `${target}.${method}_(1)`, `${target} = ${target}.${method}(1)`);
  }

  /** Python's `x += y` changes the tensor; what is right under autograd is for a person to say. */
  private change(node: TSESTree.Node, operator: string, inPlace: string, anew: string): void {
    const data = { operator, code: shortened(inPlace), other: shortened(anew) };
    const suggest = [inPlace, anew].map((code) => ({
      messageId: 'write',
      data: { code: shortened(code) },
      fix: this.replacing(node, code),
    }));
    const isStatement = node.parent?.type === 'ExpressionStatement' && !this.hasComments(node);
    this.context.report({ node, messageId: 'assignment', data, suggest: isStatement ? suggest : [] });
  }

  private mixed(node: Operation): void {
    this.context.report({ node, messageId: 'mixed', data: { operator: node.operator } });
  }

  /** Reports `node`, and suggests `code` in the place of `target`. */
  private report(
    node: TSESTree.Node,
    messageId: string,
    target: TSESTree.Node,
    code: string,
    more = {},
  ): void {
    const data = { ...more, code: shortened(code) };
    const fix = this.replacing(target, code);
    const suggest = this.hasComments(target) ? [] : [{ messageId: 'write', data, fix }];
    this.context.report({ node, messageId, data, suggest });
  }

  private replacing(node: TSESTree.Node, code: string): TSESLint.ReportFixFunction {
    return (fixer) => fixer.replaceText(node, code);
  }

  // What is replaced would lose them.
  private hasComments(node: TSESTree.Node): boolean {
    return this.context.sourceCode.getCommentsInside(node).length > 0;
  }

  private isNothing(node: TSESTree.Node): boolean {
    return this.types.parts(this.types.of(node)).every((part) => this.types.isNothing(part));
  }

  private isText(node: TSESTree.Node): boolean {
    return this.types.isText(this.types.of(node));
  }
}

const isPlain = (node: TSESTree.Node): boolean =>
  node.type === 'Literal' ||
  node.type === 'Identifier' ||
  (node.type === 'MemberExpression' && !node.computed) ||
  (node.type === 'UnaryExpression' && isPlain(node.argument));
