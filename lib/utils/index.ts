/** `torch.utils` */
export * as benchmark from './benchmark';
export * as checkpoint from './checkpoint';
export * as data from './data';
export * as flopCounter from './flop_counter';
export { renamePrivateuse1Backend } from './backend_registration';
