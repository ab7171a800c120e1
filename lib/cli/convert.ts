// npx nodetorch convert
import { type Command, parse } from './arguments';
import type { Conversion, ConvertedTensor } from './conversion';
import { json, plural, print, printable, size, table } from './text';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- the addon, only where it is needed
const parts = () => require('./conversion') as typeof import('./conversion');

const usage = `Usage: npx nodetorch convert FROM TO [OPTION]...

Writes the tensors of one file into another, in the format that the other's name says: .safetensors; .pt,
.pth or .bin; .npz; or, for a sharded checkpoint, a folder or NAME.safetensors.index.json. FROM may be any
of them, and a TorchScript archive. Each file is read back and compared, bit by bit, before it takes its
place; a .pt file that is only copied keeps all that is in it.

which tensors
  --key NAME              an entry of a whole .pt checkpoint: model, state_dict
  --tensors               all tensors of a .pt file by their paths, whatever lies beside them
  --prefix PREFIX         only what is below it, without it: module.
  --include PATTERN       only what a pattern fits; may be given again
  --exclude PATTERN       but not what a pattern fits; may be given again
as what
  --rename FROM=TO        replaces what fits FROM; TO may say $1; may be given again
  --dtype DTYPE           casts floating-point tensors: bfloat16
  --dtype PATTERN=DTYPE   casts what the pattern fits; may be given again, and the last that fits counts
  --max-shard-size SIZE   of the files in a folder: 500MB (default 5GB)
how
  --dry-run               says what would be written
  --force                 replaces what is there
  --json                  says it as one JSON object
  --help

Patterns are regular expressions of JavaScript; they look at the names in FROM, below --key and --prefix.
Weights that share memory are written once into .safetensors; its metadata names them.

Exit code: 0 when all is well, 1 when what was written reads back otherwise (TO stays what it was), 2 for
trouble.
`;

const options = {
  key: { type: 'string' },
  tensors: { type: 'boolean' },
  prefix: { type: 'string' },
  include: { type: 'string', multiple: true },
  exclude: { type: 'string', multiple: true },
  rename: { type: 'string', multiple: true },
  dtype: { type: 'string', multiple: true },
  'max-shard-size': { type: 'string' },
  'dry-run': { type: 'boolean' },
  force: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

function run(argv: readonly string[]): number {
  const { values, positionals } = parse(argv, options, ['FROM', 'TO']);
  const [from, to] = positionals;
  const { convertFile, VerifyError } = parts();
  const isDry = values['dry-run'] ?? false;
  try {
    const done = convertFile(from, to, {
      ...values,
      maxShardSize: values['max-shard-size'],
      isDry,
      isForced: values.force ?? false,
    });
    print(
      values.json ? json({ from, to, dryRun: isDry, verified: !isDry, ...done }) : report(to, done, isDry),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error;
    process.stderr.write(
      `nodetorch convert: what was written reads back otherwise: ${printable(error.message)}\n`,
    );
    return 1;
  }
}

function report(to: string, { tensors, shared, warnings }: Conversion, isDry: boolean): string {
  const lines = Object.entries(shared).map(
    ([name, kept]) => `${printable(name)}: shares memory with ${printable(kept)}`,
  );
  lines.push(...warnings.map(printable));
  const bytes = tensors.reduce((sum, row) => sum + row.bytes, 0);
  const total = `${printable(to)}: ${plural(tensors.length, 'tensor')}, ${size(bytes)}`;
  if (!isDry) return [...lines, total].join('\n');
  return [...lines, ...(tensors.length > 0 ? [tableOf(tensors), ''] : []), `${total}, not written`].join(
    '\n',
  );
}

function tableOf(tensors: readonly ConvertedTensor[]): string {
  const sharded = tensors.some(({ shard }) => shard !== undefined);
  const head = ['name', 'dtype', 'shape', 'size', ...(sharded ? ['file'] : [])];
  const rows = tensors.map(({ name, source, from, dtype, shape, bytes, shard }) => [
    printable(source === name ? name : `${source} -> ${name}`),
    from === dtype ? dtype : `${from} -> ${dtype}`,
    `[${shape.join(', ')}]`,
    size(bytes),
    ...(sharded ? [String(shard)] : []),
  ]);
  return table([head, ...rows], [3]);
}

export const convert: Command = { usage, run };
