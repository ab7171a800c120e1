// Every scope ends, wherever in it the stack overflows, and leaves all modes as they were.
import * as torch from 'nodetorch';
import { native } from '../lib/native';
import { Scope } from '../lib/native/scope';

const { func, nn } = torch;
const { forwardAd, graph } = torch.autograd;
const { checkpoint, setCheckpointEarlyStop } = torch.utils.checkpoint;
const { parametrize, stateless } = nn.utils;
type Run = (body: () => unknown) => unknown;

const linear = new nn.Linear(2, 2);
const own = linear.weight;
const other = torch.ones([2, 2]);
const x = torch.ones([2]);
const same = (tensor: torch.Tensor) => tensor;

class Runs extends torch.autograd.Function {
  static override forward(_: unknown, value: torch.Tensor, body: () => unknown): torch.Tensor {
    body();
    return value;
  }
  static override backward(_: unknown, grad: torch.Tensor): [torch.Tensor, null] {
    return [grad, null];
  }
}

// A module whose forward is a function.
class Calls extends nn.Module<[() => unknown], unknown> {
  readonly inner = linear;
  override forward(body: () => unknown): unknown {
    return body();
  }
}
const calls = new Calls();

// What a transform's function returns.
const scalar = (body: () => unknown) => (value: torch.Tensor) => {
  body();
  return value.sum();
};

// A graph whose backward runs `body`.
function inBackward(useReentrant: boolean, body: () => unknown): void {
  let backward = false;
  const again = (value: torch.Tensor): torch.Tensor => {
    if (backward) body();
    return value.mul(value);
  };
  const leaf = torch.ones([1], { requiresGrad: true });
  const y = checkpoint(again, leaf, { useReentrant });
  backward = true;
  y.sum().backward();
}

const scopes: [string, Run][] = [
  ['noGrad', torch.noGrad],
  ['enableGrad', (body) => torch.noGrad(() => torch.enableGrad(body))],
  ['setGradEnabled', (body) => torch.setGradEnabled(false, body)],
  ['inferenceMode', torch.inferenceMode],
  ['inferenceMode off', (body) => torch.inferenceMode(body, false)],
  ['detectAnomaly', (body) => torch.autograd.detectAnomaly(body, { checkNan: false })],
  ['dualLevel', forwardAd.dualLevel],
  ['withForwardGrad', (body) => forwardAd.withForwardGrad(false, body)],
  ['autocast', (body) => torch.autocast('cpu', { cacheEnabled: false }, body)],
  ['autocast float16', (body) => torch.autocast('cpu', { dtype: torch.float16 }, body)],
  ['savedTensorsHooks', (body) => graph.savedTensorsHooks(same, same, body)],
  ['saveOnCpu', (body) => graph.saveOnCpu(body)],
  ['disableSavedTensorsHooks', (body) => graph.disableSavedTensorsHooks('no hooks', body)],
  ['vmap', (body) => func.vmap(scalar(body))(other)],
  ['vmap different', (body) => func.vmap(scalar(body), 0, 0, { randomness: 'different' })(other)],
  ['grad', (body) => func.grad(scalar(body))(x)],
  ['vjp', (body) => func.vjp(scalar(body), x)],
  ['jvp', (body) => func.jvp(scalar(body), [x], [x])],
  ['jacrev', (body) => func.jacrev(scalar(body))(x)],
  ['hessian', (body) => func.hessian(scalar(body))(x)],
  ['tidy', torch.tidy],
  ['cached', parametrize.cached],
  ['functionalCall', (body) => func.functionalCall(calls, { 'inner.weight': other }, [body])],
  ['stateless.functionalCall', (body) => stateless.functionalCall(calls, { 'inner.weight': other }, [body])],
  ['a custom Function', (body) => Runs.apply(x, body)],
  ['checkpoint', (body) => inBackward(false, body)],
  ['a reentrant checkpoint', (body) => inBackward(true, body)],
  ['setCheckpointEarlyStop', (body) => setCheckpointEarlyStop(false, body)],
  ['printoptions', (body) => torch.printoptions({ precision: 7 }, body)],
  ['safeGlobals', (body) => torch.serialization.safeGlobals([], body)],
  ['repr', (body) => func.vmap((v: torch.Tensor) => (String(v), body(), v))(x)],
];

// The state of a kind of scope: what it would go back to.
function stateOf(kind: (typeof Scope)[keyof typeof Scope], ...args: unknown[]): number {
  const before = native.enterScope(kind, ...args);
  native.leaveScope(kind, before);
  return before;
}

function allModes(): unknown {
  const depth = native.beginScope(false);
  native.endScope(depth, []);
  const saved = torch.ones([1], { requiresGrad: true });
  return {
    grad: torch.isGradEnabled(),
    inference: [torch.isInferenceModeEnabled(), stateOf(Scope.inference, false)],
    anomaly: stateOf(Scope.anomaly, true),
    forwardGrad: stateOf(Scope.forwardGrad, true),
    forwardLevel: native.forwardLevel(),
    savedHooks: stateOf(Scope.savedHooks, same, same),
    autocast: stateOf(Scope.autocast, 'cpu', false, torch.bfloat16, true),
    cast: torch.isAutocastEnabled('cpu'),
    levels: native.transformDepth(),
    suspended: stateOf(Scope.suspended, false),
    inplace: stateOf(Scope.inplaceRequiresGrad, false),
    tidy: depth,
    hooksAllowed: graph.savedTensorsHooks(same, same, () => saved.mul(saved).requiresGrad),
    jvp: func.jvp((v: torch.Tensor) => v.sin(), [torch.zeros([1])], [torch.ones([1])])[1].tolist(),
    weight: linear.weight === own,
    rng: torch.getRngState().toTypedArray().join(),
    print: torch.getPrintoptions().precision,
  };
}

let modes: unknown;
beforeAll(() => {
  torch.manualSeed(0);
  modes = allModes();
});

const burn = (): number => burn() + 1;

// Calls `body` with the stack moved by some bytes: the overflow comes at another place.
const moved = (words: number, body: () => unknown): unknown =>
  Reflect.apply((..._: unknown[]) => body(), undefined, new Array(words));

function overflows(body: () => unknown): boolean {
  try {
    body();
  } catch (error) {
    // The engine's own classes: a test file has a realm of its own.
    if (/Maximum call stack/.test((error as Error).message)) return true;
    throw error;
  }
  return false;
}

// Each level of them costs more than the one around it.
const slow = new Set(['jvp', 'hessian']);

describe.each(scopes)('%s', (name, scope) => {
  beforeAll(() => void scope(() => 0)); // compiling takes more of the stack than running

  test('ends when its function overflows the stack', () => {
    for (let words = 0; words < 40; words++) {
      expect(moved(words * 3, () => overflows(() => scope(burn)))).toBe(true);
    }
    expect(allModes()).toEqual(modes);
  });

  test('ends when it overflows the stack by being in itself', () => {
    // Not all may be in themselves.
    const within = (): unknown => scope(() => within());
    for (let words = 0; words < (slow.has(name) ? 1 : 12); words++) {
      try {
        moved(words * 7, within);
      } catch {
        // Whatever it is that did not fit.
      }
    }
    expect(allModes()).toEqual(modes);
  });

  test('ends when hardly any stack is left for it', () => {
    let [tried, ran, total] = [0, 0, 0];
    // Tries it at every depth, from the deepest on.
    const edge = (): void => {
      try {
        edge();
      } catch {
        // The bottom, or what follows.
      }
      if (tried >= 5000 || ran >= 3) return;
      tried++;
      try {
        scope(() => ran++);
      } catch {
        // No room.
      }
    };
    for (let words = 0; words < 6; words++) {
      tried = ran = 0;
      moved(words * 5, edge);
      total += ran;
      expect(allModes()).toEqual(modes);
    }
    expect(total).toBeGreaterThan(0);
  });
});
