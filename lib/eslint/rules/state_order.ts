// The order of a module's fields numbers its parameters, and an optimizer's state in a checkpoint goes by number.
import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import type ts from 'typescript';
import { type Context, rule } from '../rule';
import { type Types, isOwn } from '../types';

/** What has an order of its own: `stateDict()` lists parameters, then buffers, then modules. */
const KINDS = ['Parameter', 'Buffer', 'Module'] as const;
type Kind = (typeof KINDS)[number];

type Field = TSESTree.PropertyDefinition & { key: TSESTree.Identifier };

export const stateOrder = rule(
  {
    description: 'State that is declared in another order than the constructor assigns it',
    hasSuggestions: true,
    messages: {
      order:
        '`{{name}}` is declared before `{{other}}` and gets its value after it, so the order of the state depends on ' +
        "TypeScript's target, and an optimizer's state in a checkpoint goes by that order: declare both in the order " +
        'of their values, or give them their values where they are declared.',
      reorder: 'Declare the fields in the order in which they get their values.',
    },
  },
  (context, types) => ({
    ClassBody(body) {
      if (!types.isModuleClass(body.parent)) return;
      const assigned = assignedNames(context, body);
      const fields = body.body.filter(isField).filter((field) => field.value || assigned.has(field.key.name));
      for (const kind of KINDS) {
        const ofKind = fields.filter((field) => kindOf(types, field, assigned) === kind);
        const [declared, valued] = [declaredOrder(ofKind, assigned), valueOrder(ofKind, assigned)];
        const at = declared.findIndex((field, i) => field !== valued[i]);
        if (at < 0) continue;
        const fix = reordering(context, declared, valued);
        context.report({
          node: declared[at].key,
          messageId: 'order',
          data: { name: declared[at].key.name, other: valued[at].key.name },
          suggest: fix ? [{ messageId: 'reorder', fix }] : [],
        });
      }
    },
  }),
);

function isField(member: TSESTree.ClassElement): member is Field {
  return (
    member.type === 'PropertyDefinition' &&
    member.key.type === 'Identifier' &&
    !member.computed &&
    !member.static
  );
}

/** The place of a field where fields are defined: target ES2022 and later. `declare` defines none. */
function declaredOrder(fields: Field[], assigned: Assigned): Field[] {
  const defined = fields.filter((field) => !field.declare);
  return [
    ...defined,
    ...byAssignment(
      fields.filter((field) => field.declare),
      assigned,
    ),
  ];
}

/** The place of a field where it is made by its first value: older targets, and Python. */
function valueOrder(fields: Field[], assigned: Assigned): Field[] {
  const initialized = fields.filter((field) => field.value);
  return [
    ...initialized,
    ...byAssignment(
      fields.filter((field) => !field.value),
      assigned,
    ),
  ];
}

function byAssignment(fields: Field[], assigned: Assigned): Field[] {
  const names = [...assigned.keys()];
  return fields.sort((a, b) => names.indexOf(a.key.name) - names.indexOf(b.key.name));
}

function kindOf(types: Types, field: Field, assigned: Assigned): Kind | null {
  const registered = assigned.get(field.key.name);
  if (registered) return registered;
  const type = types.of(field.key);
  const kind = KINDS.find((one) => types.has(type, one)) ?? null;
  return kind === 'Module' && types.parts(type).every((part) => hasNoState(types, part)) ? null : kind;
}

/** Whether it is nothing, or a layer such as ReLU or MaxPool2d. A container has an iterator; what others hold is open. */
function hasNoState(types: Types, type: ts.Type): boolean {
  if (types.isNothing(type)) return true;
  if (!isOwn(type.symbol) || type.symbol.name === 'Module') return false;
  return !type.getProperties().some((property) => {
    const held = types.checker.getTypeOfSymbol(property);
    return property.name.startsWith('__@iterator') || types.has(held, 'Tensor') || types.has(held, 'Module');
  });
}

/** What a constructor gives values to, in order; with its kind, where that is registered. */
type Assigned = Map<string, Kind | null>;

const REGISTER: Record<string, Kind> = {
  registerParameter: 'Parameter',
  registerBuffer: 'Buffer',
  registerModule: 'Module',
};

function assignedNames(context: Context, body: TSESTree.ClassBody): Assigned {
  const assigned: Assigned = new Map();
  const add = (name: string, kind: Kind | null): void => {
    if (!assigned.has(name)) assigned.set(name, kind);
  };
  const visit = (node: TSESTree.Node): void => {
    if (/Function|^Class/.test(node.type)) return; // runs later, or never
    for (const key of context.sourceCode.visitorKeys[node.type] ?? []) {
      const children = (node as unknown as Record<string, TSESTree.Node | TSESTree.Node[] | null>)[key];
      for (const child of [children].flat()) if (child) visit(child);
    }
    if (node.type === 'AssignmentExpression' && node.operator === '=') {
      const name = nameOfThis(node.left);
      if (name) add(name, null);
    }
    if (node.type !== 'CallExpression') return;
    const [name] = node.arguments;
    const kind = REGISTER[nameOfThis(node.callee) ?? ''];
    if (kind && name?.type === 'Literal') add(String(name.value), kind);
  };
  const made = body.body.find(
    (member) => member.type === 'MethodDefinition' && member.kind === 'constructor',
  );
  if (made?.type === 'MethodDefinition' && made.value.body) visit(made.value.body);
  return assigned;
}

/** `name` of `this.name`. */
function nameOfThis(node: TSESTree.Node): string | null {
  if (node.type !== 'MemberExpression' || node.object.type !== 'ThisExpression') return null;
  return !node.computed && node.property.type === 'Identifier' ? node.property.name : null;
}

/** Puts each field into the place of its value; null where that is more than to move declarations. */
function reordering(context: Context, declared: Field[], valued: Field[]): TSESLint.ReportFixFunction | null {
  const { sourceCode } = context;
  const moved = declared.map((field, i) => [field, valued[i]] as const).filter(([from, to]) => from !== to);
  const isDeclaration = ({ value, declare, decorators }: Field) =>
    !value && !declare && decorators.length === 0;
  const lines = moved.map(([{ loc }]) => loc.start.line);
  const hasComments = sourceCode
    .getAllComments()
    .some(({ loc }) => loc.end.line >= Math.min(...lines) && loc.start.line <= Math.max(...lines));
  if (hasComments || !moved.every(([field]) => isDeclaration(field))) return null;
  return (fixer) => moved.map(([field, other]) => fixer.replaceText(field, sourceCode.getText(other)));
}
