// What every rule consists of.
import type { TSESLint } from '@typescript-eslint/utils';
import { TorchError } from '../core/errors';
import { Types } from './types';

export type Context = Readonly<TSESLint.RuleContext<string, readonly unknown[]>>;
export type Listener = TSESLint.RuleListener;

export interface Meta {
  description: string;
  messages: Record<string, string>;
  /** Whether `eslint --fix` may mend what the rule finds. Default false. */
  fixable?: boolean;
  /** Whether the editor is offered changes. Default false. */
  hasSuggestions?: boolean;
}

/** A rule of ESLint. It has no options, and asks `types` about the types of the program. */
export interface Rule {
  meta: {
    type: 'problem';
    docs: { description: string };
    messages: Record<string, string>;
    fixable?: 'code';
    hasSuggestions: boolean;
    schema: [];
  };
  create(context: Context): Listener;
}

export function rule(meta: Meta, create: (context: Context, types: Types) => Listener): Rule {
  const { description, messages, fixable = false, hasSuggestions = false } = meta;
  return {
    meta: {
      type: 'problem',
      docs: { description },
      messages,
      ...(fixable ? { fixable: 'code' } : {}),
      hasSuggestions,
      schema: [],
    },
    create: (context) => create(context, typesOf(context)),
  };
}

function typesOf(context: Context): Types {
  const services = context.sourceCode.parserServices;
  if (!services?.program) {
    throw new TorchError(
      `${context.id} needs the types of the program: lint ${context.filename} with the parser of typescript-eslint ` +
        'and languageOptions.parserOptions.projectService = true (nodetorch, docs/eslint.md)',
    );
  }
  return new Types(services as ConstructorParameters<typeof Types>[0]);
}
