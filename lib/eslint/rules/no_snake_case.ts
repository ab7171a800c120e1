// Functions, methods and options are PyTorch's in camelCase; names in snake_case are left from Python.
import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import type ts from 'typescript';
import { camelCase } from '../../core/names';
import { type Context, rule } from '../rule';
import { type Types, isOwn } from '../types';

type Name = TSESTree.Identifier;
type Named = TSESTree.Property & { key: Name };

export const noSnakeCase = rule(
  {
    description: "Python's spelling of what nodetorch has in camelCase",
    fixable: true,
    messages: { camel: 'In nodetorch it is `{{camel}}`.' },
  },
  (context, types) => {
    const report = (node: Name, fix: TSESLint.ReportFixFunction | null): void =>
      context.report({ node, messageId: 'camel', data: { camel: camelCase(node.name) }, fix });
    const rename = (node: Name): void =>
      report(node, (fixer) => fixer.replaceText(node, camelCase(node.name)));
    const check = (node: Name, ofWhat: readonly ts.Type[]): void => {
      if (isMeant(types, ofWhat, node.name)) rename(node);
    };
    const checkKeys = (
      properties: TSESTree.Node[],
      ofWhat: () => readonly ts.Type[],
      ofOwnCall = false,
    ): void => {
      for (const { key, shorthand } of properties.filter(isSnakeKey)) {
        if (!isMeant(types, ofWhat(), key.name, ofOwnCall)) continue;
        if (shorthand) report(key, (fixer) => fixer.insertTextBefore(key, `${camelCase(key.name)}: `));
        else rename(key);
      }
    };
    return {
      MemberExpression({ object, property, computed }) {
        if (!computed && isSnake(property)) check(property, [types.of(object)]);
      },
      ObjectPattern(node) {
        checkKeys(node.properties, () => [types.of(node)]);
      },
      ObjectExpression(node) {
        if (!node.properties.some(isSnakeKey)) return;
        const call = callOf(node);
        checkKeys(
          node.properties,
          () => expectedTypes(types, node),
          !!call && isOwn(types.calleeSymbol(call)),
        );
      },
      ImportSpecifier(node) {
        const { imported, local, parent } = node;
        if (!isSnake(imported) || !parent.source) return;
        const module = types.services.getSymbolAtLocation(parent.source);
        if (!module || !isMeant(types, [types.checker.getTypeOfSymbol(module)], imported.name)) return;
        if (imported.name === local.name) report(imported, renamingEverywhere(context, node));
        else rename(imported);
      },
      MethodDefinition({ key, computed, static: isStatic, parent }) {
        const { superClass } = parent.parent;
        if (computed || isStatic || !superClass || !isSnake(key)) return;
        const made = types.of(superClass).getConstructSignatures();
        check(
          key,
          made.map((signature) => signature.getReturnType()),
        );
      },
    };
  },
);

const isSnake = (node: TSESTree.Node): node is Name =>
  node.type === 'Identifier' && camelCase(node.name) !== node.name;

const isSnakeKey = (node: TSESTree.Node): node is Named =>
  node.type === 'Property' && !node.computed && isSnake(node.key);

/**
 * Whether one of these types has the name in camelCase, from nodetorch, and none has it as it is. What a call takes by
 * name may be computed by its type, and is then declared nowhere.
 */
function isMeant(types: Types, ofWhat: readonly ts.Type[], name: string, ofOwnCall = false): boolean {
  const parts = ofWhat
    .flatMap((type) => types.parts(type))
    .map((part) => types.checker.getApparentType(part));
  const has = (part: ts.Type) => part.getProperty(name) ?? part.getStringIndexType();
  const isOurs = (found: ts.Symbol | undefined): boolean =>
    found !== undefined && (isOwn(found) || (ofOwnCall && found.declarations === undefined));
  return !parts.some(has) && parts.some((part) => isOurs(part.getProperty(camelCase(name))));
}

/** The call that an object is an argument of. */
function callOf({
  parent,
}: TSESTree.ObjectExpression): TSESTree.CallExpression | TSESTree.NewExpression | null {
  return parent.type === 'CallExpression' || parent.type === 'NewExpression' ? parent : null;
}

/** The types that an object may be meant to have: also those of overloads that it does not fit, as it is. */
function expectedTypes(types: Types, node: TSESTree.ObjectExpression): ts.Type[] {
  const { checker, services } = types;
  const object = services.esTreeNodeToTSNodeMap.get(node);
  const contextual = checker.getContextualType(object as ts.Expression);
  const found = contextual ? [contextual] : [];
  const call = callOf(node);
  if (!call) return found;
  const callee = services.getTypeAtLocation(call.callee);
  const signatures =
    call.type === 'NewExpression' ? callee.getConstructSignatures() : callee.getCallSignatures();
  return [...found, ...signatures.flatMap((signature) => types.parameterTypes(signature).flat())];
}

/** Renames an import where it stands and where it is used; null where another thing has that name. */
function renamingEverywhere(
  context: Context,
  node: TSESTree.ImportSpecifier,
): TSESLint.ReportFixFunction | null {
  const { sourceCode } = context;
  const camel = camelCase(node.local.name);
  if (sourceCode.scopeManager!.scopes.some(({ set }) => set.has(camel))) return null;
  const uses = sourceCode.getDeclaredVariables!(node).flatMap((variable) => variable.references);
  const identifiers = uses.map(({ identifier }) => identifier);
  if (identifiers.some(({ parent }) => parent?.type === 'ExportSpecifier')) return null;
  return (fixer) => [
    fixer.replaceText(node, camel),
    ...identifiers.map((one) =>
      fixer.replaceText(one, isShorthand(one) ? `${(one as Name).name}: ${camel}` : camel),
    ),
  ];
}

const isShorthand = ({ parent }: TSESTree.Node): boolean => parent?.type === 'Property' && parent.shorthand;
