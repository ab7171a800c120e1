// typings/native.d.ts is written by hand. Here it is held against the C++ functions: which arguments each reads, as what,
// and what it returns. Node-API knows neither, so the sources are read. An export that this file cannot read fails: write
// it as the others are written, or add a row to one of the tables.
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { native } from '../lib/native';

const root = path.join(__dirname, '..');
const sources = path.join(root, 'native', 'src');
const rooms = ['exports', 'distributed'];
const files = [
  'addon.cc',
  ...rooms.flatMap((room) => fs.readdirSync(path.join(sources, room)).map((name) => `${room}/${name}`)),
];
const textOf = (file: string) =>
  fs.readFileSync(path.join(sources, file), 'utf8').replace(/^\s*\/\/.*$/gm, '');

/** What C++ reads an argument with, and the types that it may have in the declaration, null and undefined aside. */
const READERS: Readonly<Record<string, RegExp>> = {
  TagsArgument: /^readonly string\[\]$/,
  Self: /^TensorHandle( \| Tensor)?$/,
  Tensor: /^(Tensor|unknown)$/,
  FindHandle: /^(TensorHandle|Handle)$/,
  FindSlot: /^(Tensor|HandleOwner|unknown)$/,
  Own: /^Tensor$/,
  GeneratorArgument: /^HandleOwner$/,
  StreamArgument: /^HandleOwner$/,
  EventArgument: /^HandleOwner$/,
  GraphArgument: /^HandleOwner$/,
  PoolArgument: /^readonly \[bigint, bigint\]$/,
  IndexArgument: /^number$/,
  DriverDevice: /^number$/,
  ClassArgument: /^string$/,
  ObjectArgument: /^HandleOwner$/,
  Callback: /^GradientCallback$/,
  HandleAt: /^Handle$/,
  StoreAt: /^Handle$/,
  GroupAt: /^Handle$/,
  ReducerAt: /^Handle$/,
  WorkAt: /^Handle$/,
  WorkOf: /^Handle$/,
  TextAt: /^string$/,
  TextsAt: /^readonly string\[\]$/,
  NumbersAt: /^Shape$/,
  TensorsAt: /^Tensors$/,
  MillisecondsAt: /^number$/,
  BytesAt: /^Uint8Array\b/,
  MakeJsHook: /^\(buffer: Handle/,
  ProgramArgument: /^Handle$/,
  RecordingArgument: /^Handle$/,
  ReadGraph: /^ProgramDescription$/,
  InputsFromJs: /^readonly unknown\[\]$/,
  OutputsToJs: /^readonly unknown\[\]$/, // some outputs may be inputs
  ProgramWork: /^readonly unknown\[\]$/,
  ScriptArgument: /^Handle$/,
  ScriptObjectArgument: /^Handle$/,
  ModuleArgument: /^(Handle|unknown)$/,
  FunctionArgument: /^Handle$/,
  LoaderArgument: /^Handle$/,
  RecordingHandleAt: /^Handle$/,
  napi_call_function: /^\(i: number\) => void$/,
  Classify: /^(unknown|DeviceLike)$/,
  BindScriptArguments: /^readonly unknown\[\]$/,
  GivenTo: /^readonly unknown\[\]$/,
  ScriptWork: /^readonly unknown\[\]$/,
  NamesArgument: /^readonly string\[\]$/,
  Bool: /^boolean$/,
  OptionalBool: /^boolean$/,
  Int: /^(number|ScopeKind|Uint8Array \| number)$/,
  IsNumber: /\bnumber$/,
  Double: /^number$/,
  Seed: /^bigint$/,
  ToString: /^(string|'\w+'( \| '\w+')*)$/,
  Names: /^readonly string\[\]$/,
  DeviceArgument: /^DeviceLike$/,
  DeviceTypeArgument: /^DeviceLike$/,
  DeviceOrCurrent: /^DeviceLike$/,
  ScalarTypeArgument: /^DTypeLike$/,
  IntsArgument: /^Shape$/,
  InputsArgument: /^readonly Tensor\[\]$/,
  TensorsArgument: /^(Tensors|readonly \(Tensor \| null\)\[\])$/,
  BytesOf: /^(ArrayBufferView|T)$/,
  IndicesOf: /^readonly unknown\[\]( \| number)?$/,
  napi_get_value_uint32: /\bnumber$/,
  napi_get_array_length: /^Tensors$/,
  napi_get_element: /^Tensors$/,
  FromJs: /^(MemoryFormat|unknown)$/,
  Describe: /^unknown$/,
  ToJs: /^Tensor$/, // what a result becomes
  lists: /^FunctionTensors$/,
  JsFunction: /^(object|OperatorKernel)$/,
  live: /^\(i: number, tensors: Handle\[\]\) => Tensors$/,
  Value: /^(readonly .*\[\]|Uint8Array|\{[^]*\})$/,
};
const OPTIONAL = ['IsNull', 'OptionalBool', 'DeviceOrCurrent', 'BytesAt']; // readers of what may be null or left out

/** What an export returns, or what made the variable that it returns, and the declared type. */
const RESULTS: readonly (readonly [RegExp, RegExp])[] = [
  [/^Undefined\(/, /^void$|\| undefined$/],
  [/^(Napi::Boolean::New|Bool|Boolean)\(/, /^boolean$/],
  [/^(Napi::Number::New|Int|Sizes|Number)\(|^napi_create_u?int(32|64)/, /^number$/],
  [/^(Napi::String::New|Text)\(/, /^string( \| null)?$/],
  [/^BigInt\(/, /^(number \| )?bigint\b/],
  [/^ToJs\(.*, arguments\[\d\]\)$/, /^number( \| null)?$/],
  [/^ToJs\(.*\b(results|Saved\(\))\)$/, /^\(Handle \| null\)\[\]$/],
  [/^ToJs\(.*AnyType/, /^number \| bigint \| boolean \| \{ re: number; im: number \}$/],
  [/^ToJs\((?!.*(arguments\[\d\]|results|Saved\(\)|AnyType::get\(\))\)$)/, /^Handle\b/],
  [/^StreamToJs\(/, /^Handle$/],
  [/^arguments\[\d\]$/, /\bT(ensor)?$/],
  [/Null\(\)$/, /\| null$/],
  [/^Napi::Array::New\([^,]*\)$/, /\[\]$/],
  [/^Napi::Array::New\([^,]*, \d\)$/, /^(\| )?\[.*\](\s+\| null)?$/],
  [/^Napi::Object::New\(/, /^(\{|NativeClass\b|ScriptDescription$|Record<string, (string \| )?number>)/],
  [/^napi_create_(external_)?arraybuffer/, /^ArrayBuffer$/],
  [/^napi_create_function/, /^NativeOperator$/],
  [/^result\.object$/, /^Record<string, number>$/],
  [/^OutputsToJs\(/, /^unknown\[\]$/],
  [/^OutputsOfReplay\(/, /^unknown\[\] \| null$/],
  [/^Told\(/, /^0( \| \d)+$/],
  [/awaited\(\)\.Start\(/, /^Promise<(unknown(\[\])?|Handle\[\]|void)>$/],
  [/^ModuleToJs\(/, /^(Handle|unknown)$/],
  [/^ScriptValueToJs\(/, /^unknown$/],
  [/^DescribeRecording\(/, /^Omit<ProgramDescription\b/],
  [/^IdentityOf\(/, /^number \| null$/],
  [/^Napi::Buffer<char>::Copy\(/, /^Buffer\b/],
  [/->Run\(/, /^Promise</],
  [/^PromiseOf\(/, /^Promise<void>$/],
  [/^promise$/, /^Promise<unknown>$/],
  [/^ToJs\(.*Sink::apply/, /^Handle\[\]$/],
];

interface Export {
  readonly readers: readonly (readonly string[])[]; // of each argument
  readonly results: readonly string[];
}

/** The functions of a file that have all arguments of an export: name -> the rest of the parameters and the body. */
function functionsOf(source: string): Map<string, string> {
  const pattern =
    /^(?:[\w:<>]+[ *&]+)+(\w+)\((?:const )?Arguments& arguments([^)]*\) \{(?:.*\}$|[^]*?^\}))/gm;
  return new Map([...source.matchAll(pattern)].map(([, name, body]) => [name, body]));
}

function readersOf(body: string, functions: Map<string, string>): string[][] {
  const readers: string[][] = [];
  const add = (index: number | string, reader: string) => (readers[Number(index)] ??= []).push(reader);
  for (const [,] of body.matchAll(/arguments\.Self\(/g)) add(0, 'Self');
  for (const [, reader, index] of body.matchAll(/arguments\.(\w+)\((\d)/g)) add(index, reader);
  for (const [, reader, index] of body.matchAll(/(\w+)\(arguments, (\d)\)/g)) add(index, reader);
  for (const [, reader, index] of body.matchAll(/(\w+)<\w+>\(arguments, (\d)/g)) add(index, reader);
  const ofElement = /(?:make_shared<)?(\w+)(?:<\w+>|>)?\((?:[^()]|\([^()]*\))*?\barguments\[(\d)\]/g;
  for (const [, reader, index] of body.matchAll(ofElement)) add(index, reader);
  for (const [, name] of body.matchAll(/(\w+)\(arguments[,)]/g)) {
    const called = functions.get(name);
    if (called !== undefined && called !== body && !called.startsWith(', size_t i)')) {
      readersOf(called, functions).forEach((all, index) => all.forEach((reader) => add(index, reader)));
    }
  }
  return Array.from(readers, (all) => all ?? []);
}

/** Of lambdas, too: what RESULTS does not know is theirs. */
function resultsOf(body: string): string[] {
  return [...body.matchAll(/\breturn ([^;]+);/g)].map(([, value]) => {
    const text = value.replace(/\s+/g, ' ');
    if (!/^\w+$/.test(text)) return text;
    const made = new RegExp(
      `\\b${text} = (Napi::\\w+::New\\([^;]*)|(napi_create_\\w+\\([^;]*&${text}\\))`,
    ).exec(body);
    return made?.[1] ?? made?.[2] ?? text;
  });
}

function exportsOf(file: string): [string, Export][] {
  const source = textOf(file);
  const functions = functionsOf(source);
  return [...source.matchAll(/\{"(\w+)", Entry<(\w+)/g)].map(([, name, implementation]) => {
    const body = functions.get(implementation) ?? '';
    return [name, { readers: readersOf(body, functions), results: resultsOf(body) }];
  });
}

const addon = new Map(files.flatMap(exportsOf));

const declarations = ts.createSourceFile(
  'native.d.ts',
  fs.readFileSync(path.join(root, 'typings', 'native.d.ts'), 'utf8'),
  ts.ScriptTarget.ES2022,
  true,
);
const interfaceOf = (name: string) =>
  declarations.statements.filter(ts.isInterfaceDeclaration).find((node) => node.name.text === name)!;
const methods = interfaceOf('Native').members.filter(ts.isMethodSignature);
const named = methods.map((method) => [method.name.getText(), method] as const);

test('the sources give every export of the addon', () => {
  expect([...addon.keys(), 'constants'].sort()).toEqual(Object.keys(native).sort());
  expect(named.map(([name]) => name).sort()).toEqual([...addon.keys()].sort());
});

test.each(named)('%s: reads the arguments that native.d.ts declares', (name, method) => {
  const { readers } = addon.get(name)!;
  const declared = method.parameters.filter((parameter) => !parameter.dotDotDotToken);
  const rest = method.parameters.length > declared.length;
  // An argument that nobody reads, or that nobody declares, is a mistake.
  expect(rest ? Math.min(readers.length, declared.length) : readers.length).toBe(declared.length);
  declared.forEach((parameter, index) => {
    const type = parameter.type!.getText();
    const plain = type.replace(/ \| (null|undefined)$/, '').replace(/ \| null$/, '');
    const kinds = readers[index].filter((reader) => reader !== 'IsNull');
    for (const kind of kinds) {
      expect([kind, plain]).toEqual([
        kind,
        expect.stringMatching(READERS[kind] ?? `no row of READERS for ${kind}`),
      ]);
    }
    expect(readers[index].length).toBeGreaterThan(0);
    const mayBeMissing = plain !== type || parameter.questionToken !== undefined;
    const asked = readers[index].some((reader) => OPTIONAL.includes(reader));
    // `undefined` reads as false.
    if (!(mayBeMissing && plain === 'boolean')) expect(asked).toBe(mayBeMissing);
  });
});

test.each(named)('%s: returns what native.d.ts declares', (name, method) => {
  const { results } = addon.get(name)!;
  const type = method.type!.getText();
  const rows = RESULTS.filter(([result]) => results.some((text) => result.test(text)));
  expect(rows.length).toBeGreaterThan(0);
  for (const [result, declared] of rows) {
    expect([result.source, type]).toEqual([result.source, expect.stringMatching(declared)]);
  }
  for (const text of results) {
    const length = /^Napi::Array::New\(.*, (\d)\)$/.exec(text)?.[1];
    const tuple = ts.isUnionTypeNode(method.type!) ? method.type.types[0] : method.type!;
    if (length !== undefined) expect((tuple as ts.TupleTypeNode).elements).toHaveLength(Number(length));
  }
});

test('setup: reads the options that native.d.ts declares', () => {
  const [options] = methods.find((method) => method.name.getText() === 'setup')!.parameters;
  const declared = (options.type as ts.TypeLiteralNode).members.map((member) => member.name!.getText());
  const read = ['addon.cc', 'runtime/realm.cc'].flatMap((file) => [
    ...textOf(file).matchAll(/(?:options\.Get|keep)\("(\w+)"/g),
  ]);
  expect(declared.sort()).toEqual(read.map(([, name]) => name).sort());
});

const constants = interfaceOf('NativeConstants').members.filter(ts.isPropertySignature);

test('native.d.ts has the constants of the addon', () => {
  expect(constants.map((member) => member.name.getText()).sort()).toEqual(
    Object.keys(native.constants).sort(),
  );
});

test.each(constants.map((member) => [member.name.getText(), member] as const))(
  'constants.%s',
  (name, member) => {
    const value = native.constants[name as keyof typeof native.constants];
    const type = member.type!.getText();
    if (typeof value === 'number') return expect(type).toBe('number');
    const keys = /ScopeName/.test(type)
      ? declarations.statements
          .filter(ts.isTypeAliasDeclaration)
          .find(({ name }) => name.text === 'ScopeName')!
          .getText()
      : type;
    expect(Object.keys(value).sort()).toEqual([...keys.matchAll(/'(\w+)'/g)].map(([, key]) => key).sort());
  },
);
