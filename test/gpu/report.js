'use strict';
// What `npm run gpu:check` found, for a person to read: a summary, then everything.

/** Values of a kind, and how many there are: '3 equal, 1 an error'. */
function counted(rows, kindOf) {
  const kinds = new Map();
  for (const row of rows) kinds.set(kindOf(row), (kinds.get(kindOf(row)) ?? 0) + 1);
  return [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'none';
}

function kindOf({ result, error }) {
  if (error) return 'failed';
  if (/apart$/.test(result)) return 'apart';
  return / of Python's time$/.test(result) ? 'timed' : result;
}

function largest(rows) {
  const distances = rows.flatMap(({ row, result }) =>
    /apart$/.test(result) ? [[row, parseFloat(result)]] : [],
  );
  const [name, most] = distances.sort(([, a], [, b]) => b - a)[0] ?? [];
  return name === undefined ? '' : `; furthest: ${name}, ${most.toExponential(1)}`;
}

const geometricMean = (numbers) =>
  Math.exp(numbers.reduce((sum, one) => sum + Math.log(one), 0) / numbers.length);

function meansOf(bench) {
  const groups = Map.groupBy
    ? Map.groupBy(bench, ({ group }) => group)
    : bench.reduce((all, row) => all.set(row.group, [...(all.get(row.group) ?? []), row]), new Map());
  return [...groups].flatMap(([group, rows]) => {
    const ratios = rows.flatMap(({ ratio }) => (Number.isFinite(ratio) ? [ratio] : []));
    return ratios.length ? [`${group} ${geometricMean(ratios).toFixed(2)}`] : [];
  });
}

const cell = (text) => String(text).replaceAll('|', '/').replaceAll('\n', ' ').slice(0, 80);
const fenced = (title, text) => `\n## ${title}\n\n\`\`\`\n${text}\n\`\`\``;

function shown(what) {
  if (!what) return '';
  if (what.ms !== undefined) return `${what.ms.toFixed(4)} ms`;
  return cell(what.error ?? JSON.stringify(what.values));
}

function programLine({ row, result, error, lines, apart, first, seconds }) {
  const where = first ? `${apart ?? ''} lines, from ${first} on` : '';
  const took = seconds ? seconds.map((one) => one.toFixed(1)).join(' / ') : '';
  return `| ${row} | ${cell(error ?? result)} | ${lines ?? ''} | ${cell(where)} | ${took} |`;
}

function benchLine({ group, name, error, ours, python, ratio }) {
  const times = error ? [cell(error), '', ''] : [ours.toFixed(1), python.toFixed(1), ratio.toFixed(2)];
  return `| ${group}: ${name} | ${times.join(' | ')} |`;
}

function verdict({ isWell, leftOut }) {
  if (!isWell) return 'something is wrong';
  return leftOut.length === 0 ? 'all well' : 'well as far as it went';
}

function report({ device, about, steps, tests, rows, programs, bench, isWell, leftOut }) {
  const failed = steps.filter(({ isOk }) => !isOk);
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  const counts =
    tests &&
    `${tests.numPassedTests} passed, ${tests.numFailedTests} failed, ${tests.numPendingTests} skipped`;
  const means = meansOf(bench);
  return `${[
    `# gpu:check on ${device}: ${verdict({ isWell, leftOut })}\n`,
    `- Left out, for want of time: ${leftOut.join(', ') || 'nothing'}`,
    `- Steps: ${steps.length - failed.length} of ${steps.length} in ${total.toFixed(0)} s` +
      (failed.length
        ? `; failed: ${failed.map(({ name, end }) => `${name} (${cell(end)})`).join(', ')}`
        : ''),
    `- Rows, ours beside Python's: ${counted(rows, kindOf)}${largest(rows)}`,
    `- Parity programs: ${counted(programs, kindOf)}${largest(programs)}`,
    `- Tests: ${counts ?? 'none'}`,
    `- Benchmark, of Python's time (geometric means): ${means.join('; ') || 'none'}`,
    `- Node ${about.node}; Python, its torch, CUDA, whether it finds a GPU: ${about.torch}`,
    fenced('The GPU', about.gpu),
    '\n## Steps\n\n| step | | seconds | of processors |\n|---|---|---|---|',
    ...steps.map(
      ({ name, isOk, isLeftOut, seconds, processor, end }) =>
        `| ${name} | ${isOk && !isLeftOut ? 'ok' : cell(end)} | ${seconds.toFixed(0)} | ${processor.toFixed(0)} |`,
    ),
    '\n## Rows\n\n| row | | TypeScript | Python |\n|---|---|---|---|',
    ...rows.map(
      ({ row, result, ours, python }) => `| ${row} | ${result} | ${shown(ours)} | ${shown(python)} |`,
    ),
    '\n## Parity programs\n\n| program | | lines | apart | s, Python / TypeScript |\n|---|---|---|---|---|',
    ...programs.map(programLine),
    '\n## Benchmark\n\n| row | us | Python | ratio |\n|---|---|---|---|',
    ...bench.map(benchLine),
    ...failed.map(({ name, tail }) => fenced(name, tail)),
    ...(tests?.failures ?? []).map((text) => fenced('A test', text)),
  ].join('\n')}\n`;
}

module.exports = { report, verdict };
