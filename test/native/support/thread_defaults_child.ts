// Run by thread_defaults.process.test.ts: numbers of threads in a process of its own, and what OpenMP's environment was.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { threadsFor, withEnvironment } from '../../../lib/native/threads';

const [, , job, root] = process.argv;
// eslint-disable-next-line @typescript-eslint/no-require-imports -- loads libtorch, which is what is tested
const load = () => (require('../../../lib/native') as typeof import('../../../lib/native')).native;

const jobs: Record<string, () => void> = {
  count: () => console.log(load().getNumThreads()),
  environment: () => {
    withEnvironment(threadsFor({ root }).environment, load);
    console.log(process.env.GOMP_SPINCOUNT);
  },
  limits: () => {
    const native = load();
    native.limitThreads(1);
    const limited = native.getNumThreads();
    native.setNumThreads(3);
    native.limitThreads(2);
    const set = native.getNumThreads();
    const report = (worker: number): void => console.log(JSON.stringify({ limited, set, worker }));
    new Worker(__filename, { argv: ['limits'] }).on('message', report);
  },
  setFirst: () => {
    const native = load();
    native.setNumThreads(3);
    native.limitThreads(1);
    console.log(native.getNumThreads());
  },
};

if (isMainThread) jobs[job]();
else {
  const native = load();
  native.limitThreads(1);
  parentPort!.postMessage(native.getNumThreads());
}
