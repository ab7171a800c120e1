// The code blocks of the guides, and a runner for those in TypeScript and JavaScript.
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { format } from 'node:util';
import * as tfjsCore from '@tensorflow/tfjs-core';
import * as tfjsLayers from '@tensorflow/tfjs-layers';
import * as face from 'nodetorch';
import * as functional from 'nodetorch/functional';
import * as testing from 'nodetorch/testing';
import * as tfjs from 'nodetorch/tfjs';
import ts from 'typescript';
import * as report from '../parity/report';

export const root = path.join(__dirname, '../..');
export const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
const docs = fs.readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md'));
/** What the site shows: the README is its first page. */
export const pages = ['README.md', ...docs.map((name) => `docs/${name}`), 'CONTRIBUTING.md', 'SECURITY.md'];

export interface Block {
  page: string;
  line: number;
  language: string;
  code: string;
  /** What the comment above the block says: why no test runs it, or which file does. */
  note: string | null;
}

/** The fenced blocks of a page. */
export function blocksOf(page: string): Block[] {
  const text = read(page);
  const fences = text.matchAll(/(?:^<!-- ((?:not run: |run by )[^\n]*) -->\n\n?)?^```(\w*)\n([^]*?)^```$/gm);
  return [...fences].map(([whole, note = null, language, code]) => ({
    page,
    line: text.slice(0, text.indexOf(whole)).split('\n').length + (note ? 1 : 0),
    language,
    code,
    note,
  }));
}

export const blocks = pages.flatMap(blocksOf);

/** A block as a program of its own: with what it need not import. */
export function complete(code: string): string {
  const imported = (code.match(/^import .*$/gm) ?? []).join('\n');
  const names = ['nn', 'optim', 'safetensors', 'Tensor'].filter(
    (name) => !new RegExp(`\\b${name}\\b`).test(imported),
  );
  const types = names.map((name) => (name === 'Tensor' ? 'type Tensor' : name)).join(', ');
  const torch = /\btorch\b[ ,]/.test(imported) ? '' : `import torch, { ${types} } from 'nodetorch';\n`;
  const functional = imported.includes('* as F') ? '' : "import * as F from 'nodetorch/functional';\n";
  return torch + functional + code;
}

/* eslint-disable @typescript-eslint/no-require-imports */
const packages: Record<string, unknown> = {
  get 'eslint/config'(): unknown {
    return require('eslint/config');
  },
  get 'typescript-eslint'(): unknown {
    return require('typescript-eslint');
  },
  get 'nodetorch/eslint'(): unknown {
    return require('nodetorch/eslint');
  },
  get '@huggingface/tokenizers'(): unknown {
    return require('@huggingface/tokenizers');
  },
  'node:fs': fs,
  '@tensorflow/tfjs': { ...tfjsCore, ...tfjsLayers },
  nodetorch: face,
  'nodetorch/functional': functional,
  'nodetorch/data': face.utils.data,
  'nodetorch/distributed': face.distributed,
  'node:stream': { Readable },
  'nodetorch/testing': testing,
  'nodetorch/tfjs': tfjs,
  '../report': report,
};
/* eslint-enable @typescript-eslint/no-require-imports */

export interface Told {
  /** What the comment behind a statement says that it prints, or is. */
  said: string;
  given: unknown[];
}

const value = /^(\[|'|true$|false$|-?\d|tensor\()/;

/** The program with `told` around each value that a comment is about. */
function withTold(code: string): string {
  return code
    .replace(/^(\s*)console\.log\((.*)\); \/\/ (.*)$/gm, (_, indent: string, args: string, said: string) => {
      return `${indent}told(${JSON.stringify(said)}, ${args});`;
    })
    .replace(
      /^(?!\s*(?:const|let|for|if|told)\b)(\s*)([^\n]*);(?: |\n)\/\/ ([^\n]*(?:\n\/\/ [^\n]*)*)$/gm,
      (whole, indent: string, expression: string, comment: string) => {
        const said = comment.replace(/\n\/\/ +/g, ' ');
        return value.test(said) ? `${indent}told(${JSON.stringify(said)}, ${expression});` : whole;
      },
    );
}

/** Runs a program. Returns what it printed, and what it was said to print. */
export async function run(code: string): Promise<{ printed: unknown[][]; told: Told[] }> {
  const { outputText } = ts.transpileModule(withTold(complete(code)), {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  });
  const printed: unknown[][] = [];
  const told: Told[] = [];
  const tell = (said: string, ...given: unknown[]) => told.push({ said, given });
  const load = (name: string): unknown => {
    if (!(name in packages)) throw new Error(`${name} is not among the packages of test/docs/blocks.ts`);
    return packages[name];
  };
  const body = new Function(...['require', 'exports', 'told', `return (async () => {${outputText}\n})();`]);
  const log = jest.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
    printed.push(values);
  });
  await Promise.resolve(body(load, {}, tell)).finally(() => log.mockRestore());
  return { printed, told };
}

/** Values as console.log prints them, with the spaces of a list as prettier writes it. */
export const shown = (values: unknown[]): string =>
  format(...values)
    .replace(/\s+/g, ' ')
    .replace(/\[ /g, '[')
    .replace(/ \]/g, ']');
