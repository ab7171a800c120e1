/** Every optimizer with all combinations of its options, in each form and dtype: six steps each. */
import { CASES, type Name, allOptions, eachOption, run } from '../../optim/run';

process.removeAllListeners('warning');
process.on('warning', () => {});

function line(title: string, row: Parameters<typeof run>[0]): void {
  const [digests] = run(row, 6);
  console.log(`${row.name} ${row.form} ${row.dtype} ${title}: ${digests.join(' ')}`);
}

for (const name of Object.keys(CASES) as Name[]) {
  const { dtypes, forms } = CASES[name];
  for (const form of forms) {
    for (const [index, options] of [...allOptions(name)].entries()) {
      line(String(index), { name, options, form, dtype: dtypes[0], tensor_lr: false });
    }
    for (const dtype of dtypes) {
      for (const [index, options] of eachOption(name).entries()) {
        line(`option ${index}`, { name, options, form, dtype, tensor_lr: false });
        if (!('lr' in options)) line(`tensor lr ${index}`, { name, options, form, dtype, tensor_lr: true });
      }
    }
  }
}
