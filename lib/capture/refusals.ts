// What a function must not do while it is recorded, since a replay would not do it.
import { native } from '../native';
import type { Native } from '../../typings/native';

// Native functions that record themselves, or that tell of what is the same at each replay: sizes, dtypes, modes.
const allowed = new Set<keyof Native>([
  ...(['operator', 'keywordSet', 'adopt', 'signatures', 'operatorNames', 'constants', 'setup'] as const),
  ...(['shape', 'stride', 'numel', 'dim', 'dtype', 'layout', 'device', 'isContiguous', 'isPinned'] as const),
  ...([
    'isTensor',
    'isDisposed',
    'isSame',
    'requiresGrad',
    'setRequiresGrad',
    'isLeaf',
    'retainsGrad',
  ] as const),
  ...(['retainGrad', 'grad', 'setGrad', 'gradDtype', 'data', 'alias', 'fromBytes', 'getIndex'] as const),
  ...(['setIndex', 'backward', 'gradients', 'node', 'nodeName', 'nodeNext', 'holdFunction'] as const),
  ...(['enterScope', 'leaveScope', 'isGradEnabled', 'setGradEnabled', 'isInferenceMode'] as const),
  ...(['isAnomalyEnabled', 'forwardLevel', 'autocast', 'graphTask', 'fastPaths', 'transformDepth'] as const),
  ...(['transformOf', 'isBatched', 'runPendingWork', 'beginScope', 'endScope', 'keep', 'memory'] as const),
  ...(['defaultGenerator', 'generatorDevice', 'getDefaultDtype', 'getNumThreads', 'deterministic'] as const),
  ...(['pow', 'cos', 'exp', 'log', 'versions', 'hasDevice', 'deviceCount', 'currentDevice'] as const),
  ...([
    'privateUse1',
    'accelerator',
    'isShared',
    'innermostTransform',
    'hasKernel',
    'deviceCapability',
  ] as const),
  ...([
    'captureBegin',
    'captureEnd',
    'captureAbort',
    'capturePause',
    'captureRefuse',
    'captureStop',
    'captureCount',
    'captureMode',
    'captureLiveBegin',
    'captureLiveEnd',
  ] as const),
  ...([
    'captureHolds',
    'captureDifference',
    'captureSegments',
    'captureReady',
    'isSameObject',
    'dispose',
  ] as const),
  ...(['addBatchDim', 'removeBatchDim', 'isBatched', 'wrapForGrad', 'unwrapForGrad'] as const),
]);

const reads = 'reads the numbers of a tensor, which a replay cannot follow';
const sentences: Partial<Record<keyof Native, string>> = {
  item: `item(), or a conversion to a number, ${reads}`,
  copyOut: `tolist(), toArray(), printing or data ${reads}`,
  viewBuffer: `a view of memory ${reads}`,
  fromBlob: 'fromBlob() shares memory that JavaScript changes, and a replay would not look at it',
  dataPtr: 'the address of a tensor is another one at each replay',
  storage: 'the storage of a tensor is another one at each replay',
  storageOf: 'the storage of a tensor is another one at each replay',
  version: 'the version of a tensor is another one at each replay',
  setData: 'assigning to .data cannot be replayed: use copy_() without gradients',
  manualSeed: 'manualSeed() cannot be replayed: call it outside of the function',
  unwrapDead: 'a Function inside of such a transform of torch.func cannot be replayed', // what each of them begins with
  beginFunction: 'a Function of JavaScript cannot be part of a program',
  registerHook: 'a hook cannot be registered by a program',
  setPostAccumulateGradHook: 'a hook cannot be registered by a program',
  clearAutocastCache: 'clearAutocastCache() cannot be replayed',
  programRun: 'an exported program cannot be part of a recording',
};

type Anything = Record<string, unknown>;

function refuse(name: string): void {
  native.captureRefuse(
    sentences[name as keyof Native] ?? `what calls ${name} in the addon cannot be replayed`,
  );
}

// Numbers that are others at each call without any tensor.
const changing: [owner: object, name: string][] = [
  [Math, 'random'],
  [Date, 'now'],
  [performance, 'now'],
];

const functions = native as unknown as Anything;
const names = Object.keys(functions).filter(
  (name) => !allowed.has(name as keyof Native) && typeof functions[name] === 'function',
);
const originals = names.map((name) => functions[name]);
const refusing = names.map((name) => () => refuse(name));

let undo: (() => void) | null = null;

/** Has everything throw that a recording cannot follow, or puts it back. */
export function setRefusing(refuses: boolean): void {
  if (refuses === (undo !== null)) return;
  // A loop takes a tenth of what Object.assign does.
  const wanted = refuses ? refusing : originals;
  for (let i = 0; i < names.length; i++) functions[names[i]] = wanted[i];
  if (!refuses) {
    undo!();
    undo = null;
    return;
  }
  const before = changing.map(([owner, name]) => Object.getOwnPropertyDescriptor(owner, name));
  for (const [owner, name] of changing) {
    const value = () =>
      native.captureRefuse(`${name}() gives another number at each call: pass it as a tensor`);
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  }
  undo = () =>
    changing.forEach(([owner, name], i) => {
      if (before[i]) Object.defineProperty(owner, name, before[i]);
      else delete (owner as Anything)[name];
    });
}
