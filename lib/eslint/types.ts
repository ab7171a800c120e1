// What the rules ask about types. A class is nodetorch's by where it is declared, not by its name.
import type { ParserServicesWithTypeInformation, TSESTree } from '@typescript-eslint/utils';
import type ts from 'typescript';
import { isOwnFile } from './package';

/** How much of a value's type is a class. */
export type Share = 'all' | 'some' | 'none';

export function isOwn(symbol: ts.Symbol | undefined): boolean {
  return !!symbol?.declarations?.some((declaration) => isOwnFile(declaration.getSourceFile().fileName));
}

export class Types {
  readonly checker: ts.TypeChecker;

  constructor(readonly services: ParserServicesWithTypeInformation) {
    this.checker = services.program.getTypeChecker();
  }

  of(node: TSESTree.Node): ts.Type {
    return this.services.getTypeAtLocation(node);
  }

  /** The members of a union; of a type parameter, those of what it extends. */
  parts(type: ts.Type): ts.Type[] {
    const known = type.isTypeParameter() ? (this.checker.getBaseConstraintOfType(type) ?? type) : type;
    return known.isUnion() ? known.types.flatMap((part) => this.parts(part)) : [known];
  }

  /** Whether `type`, which is no union, is the class of that name of nodetorch, or one that extends it. */
  private extends(type: ts.Type, name: string): boolean {
    if (type.isIntersection())
      return type.types.some((part) => this.parts(part).some((one) => this.extends(one, name)));
    const own = isOwn(type.symbol) ? type.symbol.name : null;
    if (own === name || own === `${name}Base`) return true; // `extends nn.Module` without types: ModuleBase
    const declared = (type as Partial<ts.TypeReference>).target ?? type; // of Module<Args, Out>: Module
    if (!declared.isClassOrInterface()) return false;
    return this.checker.getBaseTypes(declared).some((base) => this.extends(base, name));
  }

  share(type: ts.Type, name: string): Share {
    const parts = this.parts(type);
    const count = parts.filter((part) => this.extends(part, name)).length;
    return count === 0 ? 'none' : count === parts.length ? 'all' : 'some';
  }

  has(type: ts.Type, name: string): boolean {
    return this.share(type, name) !== 'none';
  }

  /** `null`, `undefined` or `void`. */
  isNothing(type: ts.Type): boolean {
    return ['null', 'undefined', 'void'].includes(this.checker.typeToString(type));
  }

  /** Whether it may be something that is awaited. */
  isPromise(type: ts.Type): boolean {
    return this.parts(type).some((part) => this.checker.getPropertyOfType(part, 'then') !== undefined);
  }

  isText(type: ts.Type): boolean {
    const apparent = this.parts(type).map((part) => this.checker.getApparentType(part).symbol?.name);
    return apparent.length > 0 && apparent.every((name) => name === 'String');
  }

  /** Whether a class makes modules. */
  isModuleClass(node: TSESTree.ClassDeclaration | TSESTree.ClassExpression): boolean {
    if (!node.superClass) return false;
    const made = this.of(node.superClass).getConstructSignatures();
    return made.some((signature) => this.has(signature.getReturnType(), 'Module'));
  }

  /** What each argument may be; of `...args`, which may be one tuple or another, each element. */
  parameterTypes(signature: ts.Signature): ts.Type[][] {
    return signature.getParameters().flatMap((parameter) => {
      const type = this.checker.getTypeOfSymbol(parameter);
      const declaration = parameter.valueDeclaration as ts.ParameterDeclaration | undefined;
      if (!declaration?.dotDotDotToken) return [[type]];
      const tuples = this.parts(type).filter((part) => this.checker.isTupleType(part));
      const elements = tuples.map((tuple) => this.checker.getTypeArguments(tuple as ts.TupleTypeReference));
      const count = Math.max(0, ...elements.map(({ length }) => length));
      return Array.from({ length: count }, (_, i) => elements.flatMap((types) => types[i] ?? []));
    });
  }

  /** The declaration that a call calls, or that `new` makes an object of. */
  calleeSymbol(node: TSESTree.CallExpression | TSESTree.NewExpression): ts.Symbol | undefined {
    const symbol = this.services.getSymbolAtLocation(
      node.callee.type === 'MemberExpression' ? node.callee.property : node.callee,
    );
    // An import is an alias of what it imports. (2097152 is SymbolFlags.Alias in every version of TypeScript.)
    return symbol && symbol.flags & 2097152 ? this.checker.getAliasedSymbol(symbol) : symbol;
  }
}
