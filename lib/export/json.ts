// JSON of programs: whole numbers keep all their digits (JSON.parse rounds 9223372036854775807, the end of every
// open slice), and neither depth nor length is without bound.
import { damaged } from './errors';

/** A value of JSON. A whole number beyond 2^53 is a bigint. */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
/** By key; a Map, so that no key of a file is a property of some prototype. */
export type JsonObject = Map<string, Json>;

const MAX_DEPTH = 600; // Python's own parser stops at about 1000
const MAX_LENGTH = 2 ** 28; // characters; V8's strings end at 2^29
const literals: readonly (readonly [string, Json])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
];
const isSpace = (char: string): boolean => char === ' ' || char === '\n' || char === '\r' || char === '\t';

/** Parses a record of an archive; `name` is what errors call it. */
export function parseJson(bytes: Uint8Array, name: string): Json {
  if (bytes.length > MAX_LENGTH) throw damaged(`'${name}' has ${bytes.length} bytes`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw damaged(`'${name}' is no UTF-8`);
  }
  return parseText(text, name);
}

/** Parses JSON that stands in a text of a program. */
export function parseText(text: string, name: string): Json {
  return new Parser(text, name).parse();
}

class Parser {
  #at = 0;
  #depth = 0;

  constructor(
    private readonly text: string,
    private readonly name: string,
  ) {}

  parse(): Json {
    const value = this.#value();
    if (this.#next() !== '') this.#fail('more follows');
    return value;
  }

  #fail(why: string): never {
    throw damaged(`'${this.name}' is no JSON: ${why} at character ${this.#at}`);
  }

  /** The next character that is no space, which stays. */
  #next(): string {
    while (this.#at < this.text.length && isSpace(this.text[this.#at])) this.#at++;
    return this.text[this.#at] ?? '';
  }

  #value(): Json {
    const char = this.#next();
    if (char === '{') return this.#nested(() => this.#object());
    if (char === '[') return this.#nested(() => this.#list());
    if (char === '"') return this.#string();
    for (const [word, value] of literals) {
      if (!this.text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#number();
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.#fail('it is nested too deeply');
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): JsonObject {
    const object: JsonObject = new Map();
    if (this.#next() === '}') return this.#closed(object);
    for (;;) {
      if (this.#next() !== '"') this.#fail('a key is expected');
      const key = this.#string();
      if (object.has(key)) this.#fail(`key ${JSON.stringify(key.slice(0, 80))} is there twice`);
      if (this.#next() !== ':') this.#fail("':' is expected");
      this.#at++;
      object.set(key, this.#value());
      const end = this.#next();
      if (end === '}') return this.#closed(object);
      if (end !== ',') this.#fail("',' or '}' is expected");
      this.#at++;
    }
  }

  #list(): Json[] {
    const list: Json[] = [];
    if (this.#next() === ']') return this.#closed(list);
    for (;;) {
      list.push(this.#value());
      const end = this.#next();
      if (end === ']') return this.#closed(list);
      if (end !== ',') this.#fail("',' or ']' is expected");
      this.#at++;
    }
  }

  #closed<T>(value: T): T {
    this.#at++;
    return value;
  }

  #string(): string {
    const start = this.#at++;
    while (this.text[this.#at] !== '"') {
      if (this.#at >= this.text.length) this.#fail('a string does not end');
      this.#at += this.text[this.#at] === '\\' ? 2 : 1;
    }
    const quoted = this.text.slice(start, ++this.#at);
    try {
      return JSON.parse(quoted) as string;
    } catch {
      return this.#fail('a string is damaged');
    }
  }

  #number(): number | bigint {
    const start = this.#at;
    while (/[-+.0-9eE]/.test(this.text[this.#at] ?? '')) this.#at++;
    const digits = this.text.slice(start, this.#at);
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(digits)) this.#fail('a value is expected');
    if (digits.length > 4300) this.#fail('a number is too long'); // as in Python
    const number = Number(digits);
    return /^-?\d+$/.test(digits) && !Number.isSafeInteger(number) ? BigInt(digits) : number;
  }
}
