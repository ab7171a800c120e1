/** `torch.utils.flop_counter`: how many floating-point operations a program does. */
export { type FlopFormula } from './formulas';
export { FlopCounterMode, type FlopCounterOptions } from './mode';
export { flopRegistry, type RegisteredFormula, registerFlopFormula } from './registry';
