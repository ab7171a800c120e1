// How far a conversion is: a bar on a terminal, now and then a line elsewhere.
import { size } from '../text';

type Bar = {
  start(total: number, at: number, payload: object): void;
  update(at: number, payload: object): void;
  stop(): void;
};

export interface Progress {
  advance(doing: string, bytes: number): void;
  stop(): void;
}

/** What is done sooner needs no lines. */
const LONG = 1e9; // bytes
const LINES = 10;

/** Of `total` bytes. */
export function progress(total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? bar(total, stream) : lines(total, stream);
}

function bar(total: number, stream: NodeJS.WriteStream): Progress {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- when a bar is shown
  const { SingleBar } = require('cli-progress') as typeof import('cli-progress');
  const shown: Bar = new SingleBar({
    stream,
    clearOnComplete: true,
    format: '{doing} {bar} {percentage}% of {size}',
  });
  let at = 0;
  shown.start(total, 0, { doing: 'writing', size: size(total) });
  return {
    advance: (doing, bytes) => shown.update((at += bytes), { doing, size: size(total) }),
    stop: () => shown.stop(),
  };
}

function lines(total: number, stream: NodeJS.WritableStream): Progress {
  let at = 0;
  return {
    advance(doing, bytes) {
      const before = Math.floor((at / total) * LINES);
      at += bytes;
      const now = Math.floor((at / total) * LINES);
      if (total >= LONG && now > before) stream.write(`${doing}: ${size(at)} of ${size(total)}\n`);
    },
    stop: () => {},
  };
}
