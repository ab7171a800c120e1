/**
 * Every scheduler for 200 steps with each optimizer's kind of momentum, number and tensor learning rates,
 * chained
 * and closed form, and resumed from a state_dict at several places.
 *
 * On a device, for `npm run gpu:check`, with tensors alone and resumed once: the rest is nothing of the device's.
 */
import { CASES, CLOSED, run } from '../../optim/scheduler_run';
import { device } from '../../gpu/device';
import { capturedAmong } from '../captured';

process.removeAllListeners('warning');
process.on('warning', () => {});

for (const [index, [name, args]] of (CASES as [string, Record<string, unknown>][]).entries()) {
  for (const optimizer_name of ['SGD', 'Adam']) {
    for (const tensor_lr of device ? [true] : [false, true]) {
      for (const epochs of CLOSED.has(name) ? [false, true] : [false]) {
        for (const resume of device ? [33] : [-1, 0, 33]) {
          let digests: string;
          try {
            const setting = { optimizer_name, tensor_lr, epochs };
            ({ digests } = run(name, args, setting, resume, capturedAmong));
          } catch (error) {
            [digests] = (error as Error).message.split('\n');
          }
          console.log(`${index} ${name} ${optimizer_name} [${tensor_lr}, ${epochs}] ${resume}: ${digests}`);
        }
      }
    }
  }
}
