// A number that another file's functions read, and that is changed here.
import type { Tensor } from 'nodetorch';

export let factor = 2;
export const setFactor = (value: number): void => void (factor = value);
export const scale = (x: Tensor): Tensor => x.mul(factor);
