// Numbers that a seed decides.
let state = 0;
export function setSeed(seed: number): void {
  state = seed;
}
/** mulberry32. */
export function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}
/** One of them. */
export const any = <T>(list: readonly T[]): T => list[random(list.length)];
