// What a function must find as it was when it runs again: autocast, and the numbers that random operators draw.
import {
  autocast,
  type AutocastOptions,
  getAutocastDtype,
  isAutocastCacheEnabled,
  isAutocastEnabled,
} from '../../amp/autocast';
import { type Device } from '../../core/device';
import type { Tensor } from '../../tensor';
import { keep, tensorsIn } from '../../tensor/memory';
import { defaultGenerator } from '../../tensor/random';

export type AutocastState = [deviceType: string, options: AutocastOptions][];

// Of the tensors among the arguments, also within lists, Maps and objects.
const devicesOf = (args: readonly unknown[]): Device[] => tensorsIn(args).map(({ device }) => device);

export function autocastState(args: readonly unknown[]): AutocastState {
  const types = new Set(['cpu', ...devicesOf(args).map(({ type }) => type)]);
  types.delete('meta');
  return [...types].map((type) => [
    type,
    {
      enabled: isAutocastEnabled(type),
      dtype: getAutocastDtype(type),
      cacheEnabled: isAutocastCacheEnabled(),
    },
  ]);
}

export function inAutocast<T>(state: AutocastState, body: () => T): T {
  if (state.length === 0) return body();
  const [[type, options], ...rest] = state;
  return autocast(type, options, () => inAutocast(rest, body));
}

export interface RngState {
  device: string;
  state: Tensor;
}

export function rngStates(args: readonly unknown[]): RngState[] {
  const devices = new Set(['cpu', ...devicesOf(args).map(String)]);
  devices.delete('meta');
  return [...devices].map((device) => ({ device, state: keep(defaultGenerator(device).getState()) }));
}

function setRngStates(states: RngState[]): void {
  for (const { device, state } of states) defaultGenerator(device).setState(state);
}

// Runs `body` with these numbers to come, and puts the present ones back.
export function withRng<T>(states: RngState[] | null, body: () => T): T {
  if (!states) return body();
  const now = states.map(({ device }) => ({ device, state: keep(defaultGenerator(device).getState()) }));
  try {
    setRngStates(states);
    return body();
  } finally {
    setRngStates(now);
    for (const { state } of now) state.dispose();
  }
}
