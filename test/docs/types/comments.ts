// Every public export of the entry points, and every public method and getter of a class, has a doc comment.
import path from 'node:path';
import ts from 'typescript';
import { exports as published } from '../../../package.json';
import { entryPoints } from '../../../typedoc.json';
import { root, service } from './service';

const program = service.getProgram()!;
const checker = program.getTypeChecker();

const isInternal = (symbol: ts.Symbol) => symbol.getJsDocTags().some(({ name }) => name === 'internal');
const hasComment = (symbol: ts.Symbol) => symbol.getDocumentationComment(checker).length > 0;
const withoutAlias = (symbol: ts.Symbol) =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

function isPublicMethod(node: ts.Declaration): boolean {
  const isMethod = ts.isMethodDeclaration(node) || ts.isAccessor(node);
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    isMethod &&
    ts.isIdentifier(node.name) &&
    !node.name.text.startsWith('_') &&
    !(ts.getCombinedModifierFlags(node) & hidden)
  );
}

/** The methods and getters that a class declares itself. */
function ownMethods(symbol: ts.Symbol): ts.Symbol[] {
  const types = [checker.getDeclaredTypeOfSymbol(symbol), checker.getTypeOfSymbol(symbol)];
  return types
    .flatMap((type) => checker.getPropertiesOfType(type))
    .filter(
      ({ declarations: [node] = [] }) => node?.parent === symbol.declarations![0] && isPublicMethod(node),
    );
}

const seen = new Set<ts.Symbol>();
const undocumented: string[] = [];

function check(symbol: ts.Symbol, name: string): void {
  if (!hasComment(symbol) && !isInternal(symbol)) undocumented.push(name);
}

function visit(exported: ts.Symbol, name: string): void {
  const symbol = withoutAlias(exported);
  const [node] = symbol.declarations ?? [];
  if (!node || seen.has(symbol) || program.isSourceFileFromExternalLibrary(node.getSourceFile())) return;
  seen.add(symbol);
  if (symbol.flags & ts.SymbolFlags.Module) {
    for (const one of checker.getExportsOfModule(symbol)) visit(one, `${name}.${one.name}`);
  }
  if (ts.isSourceFile(node)) return;
  check(symbol, name);
  if (symbol.flags & ts.SymbolFlags.Class) {
    for (const method of ownMethods(symbol)) check(method, `${name}.${method.name}`);
  }
}

for (const file of entryPoints) {
  visit(checker.getSymbolAtLocation(program.getSourceFile(path.join(root, file))!)!, file);
}

test('every public export and method has a doc comment', () => {
  expect(undocumented).toEqual([]);
});

test('the exports are found', () => {
  expect(seen.size).toBeGreaterThan(2000);
});

test('the pages of the API are those of the published modules', () => {
  const types = Object.values(published).flatMap((entry) =>
    typeof entry === 'object' ? [entry.require.types] : [],
  );
  const sources = types.map((file) => file.replace(/^\.\/dist\//, 'lib/').replace(/\.d\.ts$/, '.ts'));
  // Other files than an index set something up and export nothing.
  const modules = sources.filter((file) => file.endsWith('/index.ts'));
  expect([...entryPoints].sort()).toEqual(modules.sort());
});
