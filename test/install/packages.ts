/** What nodetorch brings along from other authors: whoever adds to it, adds here. */
export const dependencies = [
  'ansi-regex',
  'cli-progress',
  'emoji-regex',
  'is-fullwidth-code-point',
  'string-width',
  'strip-ansi',
];
