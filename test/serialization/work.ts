// How much work a call makes, in numbers that are the same on every machine: how often V8 ran each block of lib/.
import { Session } from 'node:inspector';

const session = new Session();

function post<T>(method: string, parameters: object = {}): T {
  let answer: unknown;
  session.post(method, parameters, (error, result) => {
    if (error) throw error;
    answer = result;
  });
  return answer as T;
}

interface Coverage {
  result: { url: string; functions: { ranges: { count: number }[] }[] }[];
}

/** Begins to count. */
export function countWork(): void {
  session.connect();
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
}

/** Blocks that lib/ ran since the last call. */
export function takeWork(): number {
  let total = 0;
  for (const { url, functions } of post<Coverage>('Profiler.takePreciseCoverage').result) {
    if (!url.includes('/lib/')) continue;
    for (const { ranges } of functions) for (const { count } of ranges) total += count;
  }
  return total;
}

export function endWork(): void {
  post('Profiler.stopPreciseCoverage');
  session.disconnect();
}
