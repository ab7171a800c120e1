/** Cases of a rule, each a piece of a program with the types of lib/. */
import path from 'node:path';
import { RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';
import { type RuleName, rules } from '../../lib/eslint/rules';

// One program for all tests of a file: loading the types takes seconds.
const folder = path.join(__dirname, 'program');
const tester = new RuleTester({
  languageOptions: {
    parser: tseslint.parser as never,
    parserOptions: { projectService: true, tsconfigRootDir: folder },
  },
});

const HEAD = `import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
declare let x: Tensor, y: Tensor, p: nn.Parameter, n: number, s: string, maybe: Tensor | null, either: Tensor | number;
`;

export interface Invalid {
  code: string;
  /** Pieces that the messages contain, in order. */
  errors: string[];
  /** What one pass of `eslint --fix` makes of it. Left out: nothing. */
  output?: string;
  /** What each error suggests, in order: what the editor shows, and what it makes of the code. */
  suggestions?: Record<string, string>[];
}

/** Runs the cases of a rule; `head` is what all of them have before their code. */
export function testRule(name: RuleName, cases: { valid: string[]; invalid: Invalid[] }, head = ''): void {
  const whole = (code: string): string => `${HEAD}${head}${code}`;
  const filename = path.join(folder, 'code.ts');
  tester.run(
    name,
    rules[name] as never,
    {
      valid: cases.valid.map((code) => ({ name: code, code: whole(code), filename })),
      invalid: cases.invalid.map(({ code, errors, output, suggestions }) => ({
        name: code,
        code: whole(code),
        filename,
        output: output === undefined ? null : whole(output),
        errors: errors.map((text, i) => ({
          message: new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')),
          suggestions: Object.entries(suggestions?.[i] ?? {}).map(([desc, changed]) => ({
            desc,
            output: whole(changed),
          })),
        })),
      })),
    } as never,
  );
}
