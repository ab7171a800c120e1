// How deep TorchScript source is nested: libtorch's parser calls itself for each level, until the stack ends.
import { damaged } from '../serialization/io/errors';

const DEEPEST = 200; // brackets and indentation; what people write has some twenty
const LONGEST_CHAIN = 1000; // operators one behind the other, without a bracket, a comma or a new line

const TOKEN = new RegExp(
  [
    /(?<string>"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/,
    /(?<comment>#.*)/,
    /(?<open>[([{])/,
    /(?<close>[)\]}])/,
    /(?<comma>,)/,
    /(?<continued>\\\r?\n)/,
    /(?<line>\n(?<indent>[ \t]*))/,
    /(?<operator>\b(?:not|if|else|and|or|in|is|lambda|await)\b|[-+*/%~^&|<>=.:@])/,
    /\w+|[^]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/**
 * @throws UnpicklingError for source that is nested deeper than libtorch's parser can follow.
 */
export function checkSource(text: string, name: string): void {
  let brackets = 0;
  const chains = [0]; // of each open bracket
  for (const { groups = {} } of text.matchAll(TOKEN)) {
    if (groups.open) chains[++brackets] = 0;
    else if (groups.close) brackets = Math.max(0, brackets - 1);
    else if (groups.comma) chains[brackets] = 0;
    else if (groups.operator) chains[brackets]++;
    else if (groups.line) {
      if (brackets === 0) chains[0] = 0;
      if (groups.indent.length > DEEPEST) throw tooDeep(name);
    }
    if (brackets > DEEPEST || chains[brackets] > LONGEST_CHAIN) throw tooDeep(name);
  }
}

const tooDeep = (name: string): Error =>
  damaged(`the code in '${name.slice(0, 80)}' is nested too deep: libtorch could not follow it`);
