/**
 * Every optimizer with all combinations of its options, in each form and dtype: four steps each, and a hundred
 * with the defaults and with all options.
 *
 * On a device, for `npm run gpu:check`, with the defaults and with all options, two steps each: all combinations cost minutes.
 */
import { CASES, type Case, type Name, allOptions, eachOption, run } from '../../optim/run';
import { device } from '../../gpu/device';
import { capturedAmong } from '../captured';

process.removeAllListeners('warning');
process.on('warning', () => {});

function line(title: string, row: Case, steps = device ? 2 : 4): void {
  // libtorch's fused kernel for halves reads momentum that it has not written: no two runs are equal.
  const { name, form, dtype, options } = row;
  if (name === 'SGD' && form === 'fused' && dtype === 'bfloat16' && 'momentum' in options) return;
  // A closure is called by the optimizer, which decides how often.
  const [digests] = run(row, steps, name === 'LBFGS' ? undefined : capturedAmong);
  console.log(`${name} ${form} ${dtype} ${title}: ${digests.slice(-4).join(' ').split('\n')[0]}`);
}

for (const name of Object.keys(CASES) as Name[]) {
  const { dtypes, forms } = CASES[name];
  for (const form of forms) {
    for (const [index, options] of (device ? [] : allOptions(name)).entries()) {
      line(String(index), { name, options, form, dtype: dtypes[0], tensor_lr: false });
    }
    for (const dtype of dtypes) {
      const rows = eachOption(name);
      for (const [index, options] of rows.entries()) {
        const isEnd = index === 0 || index === rows.length - 1;
        if (device && !isEnd) continue;
        line(`option ${index}`, { name, options, form, dtype, tensor_lr: false });
        if (isEnd && !device && dtype === dtypes[0])
          line(`long ${index}`, { name, options, form, dtype, tensor_lr: false }, 100);
        if ('lr' in options) continue;
        if (dtype === dtypes[0] || (isEnd && !device))
          line(`tensor lr ${index}`, { name, options, form, dtype, tensor_lr: true });
      }
    }
  }
}
