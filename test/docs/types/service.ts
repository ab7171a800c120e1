// The language service that editors ask, with the package's entry points and a program of ours.
import path from 'node:path';
import ts from 'typescript';
import { entryPoints } from '../../../typedoc.json';

export const root = path.join(__dirname, '../../..');
const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root, { types: ['node'] });

/** The file that stands for the program, and its text, to be set before the first question. */
export const file = path.join(__dirname, 'program.ts');
let text = '';
export const setProgram = (program: string): void => void (text = program);

export const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  // Without it, each of hundreds of questions looks whether any of the files has changed.
  getProjectVersion: () => String(text.length),
  getScriptFileNames: () => [file, ...entryPoints.map((entry) => path.join(root, entry))],
  getScriptVersion: (name) => (name === file ? String(text.length) : '1'),
  getScriptSnapshot: (name) => {
    const found = name === file ? text : ts.sys.readFile(name);
    return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found);
  },
  getCurrentDirectory: () => root,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (name) => name === file || ts.sys.fileExists(name),
  readFile: ts.sys.readFile,
  directoryExists: ts.sys.directoryExists,
});
