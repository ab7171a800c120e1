/** Pixels of encoded images, at once: sharp decodes in a thread, for which this one waits. */
import fs from 'node:fs';
import path from 'node:path';
import { MessageChannel, type MessagePort, Worker, receiveMessageOnPort } from 'node:worker_threads';

export interface Job {
  contents: Uint8Array;
  /** How many times smaller the result is to be. */
  ratio?: number;
  /** Whether all frames are wanted. */
  animated?: boolean;
  /** Whether an image that breaks off is taken all the same. */
  truncated?: boolean;
}

export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
  /** Channels of `data`. */
  stored: number;
  /** Channels of the file. */
  channels: number;
  frames: number;
}

const TOO_LONG = 300_000; // milliseconds, after which the thread counts as dead

/** sharp, which is installed where a program needs it. */
export function loadSharp(name: string): typeof import('sharp') {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an optional peer
    return require('sharp') as typeof import('sharp');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error(`tf.node.${name}() needs the package sharp: npm install sharp`, { cause: error });
  }
}

interface Decoder {
  port: MessagePort;
  signal: Int32Array;
}
let decoder: Decoder | undefined;

function start(name: string): Decoder {
  // In this thread first: its libraries must stay loaded for as long as any thread uses them.
  loadSharp(name);
  const program = path.join(__dirname, 'decoder.js');
  if (!fs.existsSync(program))
    throw new Error(`${program} is missing: leave @nodetorch/tfjs-node out of the bundle`);
  const { port1, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(program, {
    workerData: { sharp: require.resolve('sharp'), port: port2, signal },
    transferList: [port2],
    execArgv: [],
  });
  worker.unref(); // a program may end without it
  return { port: port1, signal };
}

/** @throws Error for what sharp cannot decode; `name` is the function of `tf.node` that asks. */
export function decode(name: string, job: Job): Pixels {
  const { port, signal } = (decoder ??= start(name));
  Atomics.store(signal, 0, 0);
  port.postMessage(job);
  if (Atomics.wait(signal, 0, 0, TOO_LONG) === 'timed-out') {
    decoder = undefined;
    throw new Error(`tf.node.${name}(): the thread that decodes does not answer`);
  }
  const { message } = receiveMessageOnPort(port) as { message: Pixels | { error: string } };
  if ('error' in message) throw new Error(`tf.node.${name}(): ${message.error}`);
  return message;
}
