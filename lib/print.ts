import type { Tensor } from './tensor';
export function formatTensor(t: Tensor): string { return `tensor(${JSON.stringify(t.tolist())})`; }
export function setPrintoptions(): void {}
export function getPrintoptions(): void {}
