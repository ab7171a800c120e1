/** Exports models with control flow, as exportTrained of run.js does those of programs: tsx test/parity/control.ts DIR [NAME ...] */
import torch from 'nodetorch';
import { controlModels } from '../export/control_models';
import { exportTrained } from './trained';

const [, , folder, ...names] = process.argv;
process.env.NODETORCH_PARITY_EXPORT = folder;
for (const [name, { make, calls, dynamicShapes }] of Object.entries(controlModels)) {
  if (names.length > 0 && !names.includes(name)) continue;
  torch.manualSeed(0);
  exportTrained(`control ${name}`, make(), () => calls, dynamicShapes);
}
