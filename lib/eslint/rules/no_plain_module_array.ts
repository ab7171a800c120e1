// Module finds the modules and parameters that its fields hold, and not what is in arrays, maps and objects.
import type { TSESTree } from '@typescript-eslint/utils';
import type ts from 'typescript';
import { rule } from '../rule';
import type { Types } from '../types';

type State = 'Module' | 'Parameter';
type Field = TSESTree.PropertyDefinition | TSESTree.TSParameterProperty;

interface Held {
  state: State;
  /** What holds it, in words, and what PyTorch has for that. */
  holder: 'an array' | 'a set' | 'a map' | 'an object';
  container: 'List' | 'Dict';
}

export const noPlainModuleArray = rule(
  {
    description: 'Fields of modules that hold modules or parameters where Module does not find them',
    messages: {
      plain:
        'What is in {{holder}} is no part of the state, neither for `parameters()` and `stateDict()` nor for `to()`: ' +
        'write `nn.{{state}}{{container}}`, or `#{{name}}` where that is meant.',
    },
  },
  (context, types) => {
    const check = (field: Field): void => {
      const name = nameOf(field);
      if (!name || !types.isModuleClass(classOf(field))) return;
      const held = heldBy(types, types.of(name));
      if (held) context.report({ node: name, messageId: 'plain', data: { ...held, name: name.name } });
    };
    return {
      PropertyDefinition(node) {
        if (!node.static) check(node);
      },
      TSParameterProperty: check,
    };
  },
);

/** The name of a field that Module looks at: neither a #private nor a computed one. */
function nameOf(field: Field): TSESTree.Identifier | null {
  if (field.type === 'PropertyDefinition')
    return field.key.type === 'Identifier' && !field.computed ? field.key : null;
  const { parameter } = field;
  const target = parameter.type === 'AssignmentPattern' ? parameter.left : parameter;
  return target.type === 'Identifier' ? target : null;
}

function classOf(field: Field): TSESTree.ClassDeclaration | TSESTree.ClassExpression {
  let node: TSESTree.Node = field.parent!;
  while (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') node = node.parent!;
  return node;
}

function heldBy(types: Types, type: ts.Type): Held | null {
  for (const part of types.parts(type)) {
    if (types.has(part, 'Module') || types.has(part, 'Tensor')) continue;
    const holder = holderOf(types, part);
    const inside = contentsOf(types, part, holder);
    const state = inside && stateIn(types, inside);
    if (state) return { state, holder, container: /map|object/.test(holder) ? 'Dict' : 'List' };
  }
  return null;
}

const BUILTIN: Record<string, Held['holder']> = {
  Array: 'an array',
  ReadonlyArray: 'an array',
  Set: 'a set',
  ReadonlySet: 'a set',
  Map: 'a map',
  ReadonlyMap: 'a map',
};

function holderOf({ checker }: Types, type: ts.Type): Held['holder'] {
  return checker.isTupleType(type) ? 'an array' : (BUILTIN[type.symbol?.name] ?? 'an object');
}

/** The types of what is in it; null where it is an object of a class, or something else that is not plain. */
function contentsOf(types: Types, type: ts.Type, holder: Held['holder']): readonly ts.Type[] | null {
  const { checker } = types;
  if (holder !== 'an object') {
    const parameters = checker.getTypeArguments(type as ts.TypeReference);
    return holder === 'a map' ? parameters.slice(1) : parameters;
  }
  const isPlain = ['__type', '__object'].includes(type.symbol?.name);
  if (!isPlain || type.getCallSignatures().length > 0) return null;
  const indexed = type.getStringIndexType();
  return indexed ? [indexed] : type.getProperties().map((property) => checker.getTypeOfSymbol(property));
}

/** The state in an object where all that it holds is state; in a list, some of it is enough. */
function stateIn(types: Types, contents: readonly ts.Type[]): State | null {
  const found = contents.map((type): State | null => {
    if (types.has(type, 'Module')) return 'Module';
    if (types.has(type, 'Parameter')) return 'Parameter';
    return heldBy(types, type)?.state ?? null;
  });
  return found.includes(null) ? null : (found[0] ?? null);
}
