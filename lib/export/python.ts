// Expressions of Python: guards and symbolic sizes in a program are texts. They are parsed, and nothing of them is run.
import { damaged } from './errors';

/** A parsed expression. */
export type Syntax =
  | { kind: 'int'; value: number | bigint }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'name'; name: string }
  | { kind: 'attribute'; of: Syntax; name: string }
  | { kind: 'index'; of: Syntax; index: Syntax }
  | { kind: 'call'; of: Syntax; args: Syntax[]; keywords: [string, Syntax][] }
  | { kind: 'unary'; operator: string; operand: Syntax }
  | { kind: 'binary'; operator: string; left: Syntax; right: Syntax }
  | { kind: 'compare'; first: Syntax; rest: [string, Syntax][] }
  | { kind: 'logical'; operator: 'and' | 'or'; operands: Syntax[] };

const MAX_LENGTH = 100_000; // characters
const MAX_DEPTH = 200;
const token =
  /\s*(?:(\d+\.\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)|(\d+)|([A-Za-z_]\w*)|('(?:[^'\\]|\\.){0,1000}'|"(?:[^"\\]|\\.){0,1000}")|(\*\*|\/\/|<<|>>|[<>=!]=|[-+*/%<>()[\],.=&|^~]))/y;
type TokenKind = 'float' | 'int' | 'name' | 'string' | 'sign' | 'end';
interface Token {
  kind: TokenKind;
  text: string;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const source = text.trimEnd();
  if (source.length > MAX_LENGTH) throw damaged(`an expression has ${source.length} characters`);
  const kinds: TokenKind[] = ['float', 'int', 'name', 'string', 'sign'];
  token.lastIndex = 0;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const match = token.exec(source);
    if (!match) throw damaged(`the expression '${text.slice(0, 200)}' cannot be read at character ${at}`);
    const i = match.slice(1).findIndex((group) => group !== undefined);
    found.push({ kind: kinds[i], text: match[i + 1] });
  }
  found.push({ kind: 'end', text: '' });
  return found;
}

// From the loosest: operators of one row bind alike.
const levels: readonly (readonly string[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '//', '%'],
];
const comparisons = ['==', '!=', '<', '<=', '>', '>='];

/** Parses one expression. */
export function parseExpression(text: string): Syntax {
  const parser = new Parser(tokens(text), text);
  return parser.whole();
}

class Parser {
  #at = 0;
  #depth = 0;

  constructor(
    private readonly list: readonly Token[],
    private readonly text: string,
  ) {}

  whole(): Syntax {
    const syntax = this.#logical('or');
    if (this.list[this.#at].kind !== 'end') this.#fail();
    return syntax;
  }

  #fail(): never {
    throw damaged(
      `the expression '${this.text.slice(0, 200)}' cannot be read at '${this.list[this.#at].text.slice(0, 40)}'`,
    );
  }
  #is(...texts: string[]): boolean {
    const { kind, text } = this.list[this.#at];
    return (kind === 'sign' || kind === 'name') && texts.includes(text);
  }
  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }
  #expect(text: string): void {
    if (!this.#take(text)) this.#fail();
  }

  #logical(operator: 'and' | 'or'): Syntax {
    if (++this.#depth > MAX_DEPTH) this.#fail();
    const next = (): Syntax => (operator === 'or' ? this.#logical('and') : this.#not());
    const operands = [next()];
    while (this.#take(operator)) operands.push(next());
    this.#depth--;
    return operands.length === 1 ? operands[0] : { kind: 'logical', operator, operands };
  }

  #not(): Syntax {
    let count = 0;
    while (this.#take('not')) count++;
    let syntax = this.#comparison();
    while (count-- > 0) syntax = { kind: 'unary', operator: 'not', operand: syntax };
    return syntax;
  }

  #comparison(): Syntax {
    const first = this.#binary(0);
    const rest: [string, Syntax][] = [];
    while (this.#is(...comparisons)) {
      const operator = this.list[this.#at++].text;
      rest.push([operator, this.#binary(0)]);
    }
    return rest.length === 0 ? first : { kind: 'compare', first, rest };
  }

  #binary(level: number): Syntax {
    if (level === levels.length) return this.#unary();
    let left = this.#binary(level + 1);
    while (this.#is(...levels[level])) {
      const operator = this.list[this.#at++].text;
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1) };
    }
    return left;
  }

  #unary(): Syntax {
    if (!this.#is('-', '+', '~')) return this.#power();
    if (++this.#depth > MAX_DEPTH) this.#fail();
    const operator = this.list[this.#at++].text;
    const operand = this.#unary();
    this.#depth--;
    return { kind: 'unary', operator, operand };
  }

  #power(): Syntax {
    const left = this.#postfix();
    if (!this.#take('**')) return left;
    return { kind: 'binary', operator: '**', left, right: this.#unary() };
  }

  #postfix(): Syntax {
    let syntax = this.#atom();
    for (;;) {
      if (this.#take('.')) {
        const { kind, text } = this.list[this.#at++];
        if (kind !== 'name') this.#fail();
        syntax = { kind: 'attribute', of: syntax, name: text };
      } else if (this.#take('[')) {
        syntax = { kind: 'index', of: syntax, index: this.#logical('or') };
        this.#expect(']');
      } else if (this.#take('(')) syntax = this.#call(syntax);
      else return syntax;
    }
  }

  #call(of: Syntax): Syntax {
    const args: Syntax[] = [];
    const keywords: [string, Syntax][] = [];
    while (!this.#take(')')) {
      if (args.length + keywords.length > 0) this.#expect(',');
      const { kind, text } = this.list[this.#at];
      if (kind === 'name' && this.list[this.#at + 1].text === '=') {
        this.#at += 2;
        keywords.push([text, this.#logical('or')]);
      } else args.push(this.#logical('or'));
    }
    return { kind: 'call', of, args, keywords };
  }

  #atom(): Syntax {
    const { kind, text } = this.list[this.#at];
    if (this.#take('(')) {
      const inner = this.#logical('or');
      this.#expect(')');
      return inner;
    }
    if (kind === 'end' || kind === 'sign') this.#fail();
    this.#at++;
    if (kind === 'float') return { kind, value: Number(text) };
    if (kind === 'string') return { kind, value: unquoted(text) };
    if (kind === 'name') return { kind, name: text };
    const number = Number(text);
    return { kind: 'int', value: Number.isSafeInteger(number) ? number : BigInt(text) };
  }
}

function unquoted(text: string): string {
  const known: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\n': '' };
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|([^]))/g, (_, hex: string | undefined, char: string) => {
      return hex ? String.fromCharCode(parseInt(hex, 16)) : (known[char] ?? char);
    });
}
