// Grad modes: what they change, how they nest, and that they end.
import * as torch from 'nodetorch';

const { isGradEnabled, noGrad, enableGrad, setGradEnabled, inferenceMode } = torch;
const typeError = expect.objectContaining({ name: 'TypeError' });
const leaf = () => torch.ones([2], { requiresGrad: true });

afterEach(() => {
  expect(isGradEnabled()).toBe(true);
  expect(torch.isInferenceModeEnabled()).toBe(false);
});

test('noGrad records nothing and returns what the function returns', () => {
  const x = leaf();
  const y = noGrad(() => x.mul(2));
  expect([y.requiresGrad, y.gradFn, x.mul(2).requiresGrad]).toEqual([false, null, true]);
});

test('leaves that are made under noGrad may require grad', () => {
  expect(noGrad(() => leaf()).requiresGrad).toBe(true);
});

test('enableGrad inside noGrad, and back', () => {
  const seen: boolean[] = [];
  noGrad(() => {
    seen.push(isGradEnabled());
    enableGrad(() => seen.push(isGradEnabled()));
    seen.push(isGradEnabled());
  });
  expect(seen).toEqual([false, true, false]);
});

test('an in-place change of a leaf under noGrad', () => {
  const x = leaf();
  noGrad(() => x.mul_(3));
  expect([x.tolist(), x.requiresGrad, x.isLeaf]).toEqual([[3, 3], true, true]);
});

test('setGradEnabled, with a function and without', () => {
  expect(setGradEnabled(false, () => isGradEnabled())).toBe(false);
  setGradEnabled(false);
  expect(isGradEnabled()).toBe(false);
  setGradEnabled(true);
  expect(() => setGradEnabled(1 as never)).toThrow(typeError);
});

test.each([
  ['noGrad', noGrad],
  ['enableGrad', enableGrad],
  ['inferenceMode', inferenceMode],
  ['setGradEnabled', (body: () => unknown) => setGradEnabled(false, body)],
  ['detectAnomaly', torch.autograd.detectAnomaly],
] as [string, (body: () => unknown) => unknown][])('%s ends with the function', (name, mode) => {
  const error = new Error('mine');
  expect(() =>
    mode(() => {
      throw error;
    }),
  ).toThrow(error);
  expect([isGradEnabled(), torch.isInferenceModeEnabled(), torch.autograd.isAnomalyEnabled()]).toEqual([
    true,
    false,
    false,
  ]);
  expect(() => mode(async () => 1)).toThrow(`${name}(): the function returned a promise`);
  expect(() => mode(() => Promise.reject(new Error('not unhandled')))).toThrow(typeError);
  expect([isGradEnabled(), torch.isInferenceModeEnabled(), torch.autograd.isAnomalyEnabled()]).toEqual([
    true,
    false,
    false,
  ]);
});

test.each([
  ['noGrad', noGrad],
  ['enableGrad', enableGrad],
  ['inferenceMode', inferenceMode],
] as const)('%s needs a function', (_, mode) => {
  expect(() => mode(3 as never)).toThrow(typeError);
  expect(() => mode(undefined as never)).toThrow(typeError);
});

describe('inferenceMode', () => {
  test('its tensors are inference tensors', () => {
    const x = inferenceMode(() => torch.ones([2]));
    expect([x.isInference(), torch.ones([2]).isInference(), inferenceMode(() => isGradEnabled())]).toEqual([
      true,
      false,
      false,
    ]);
    expect(x.clone().requiresGrad_().requiresGrad).toBe(true);
  });
  test('may be off, and nested', () => {
    expect(inferenceMode(() => torch.isInferenceModeEnabled(), false)).toBe(false);
    const seen = inferenceMode(() => [
      inferenceMode(() => torch.isInferenceModeEnabled(), false),
      torch.isInferenceModeEnabled(),
    ]);
    expect(seen).toEqual([false, true]);
  });
  test('the version of its tensors is not tracked', () => {
    expect(() => inferenceMode(() => torch.ones([2])).version).toThrow(
      'Inference tensors do not track version counter.',
    );
  });
});

describe('anomaly mode', () => {
  test('is set, and may skip the search for NaN', () => {
    torch.autograd.setDetectAnomaly(true);
    expect(torch.autograd.isAnomalyEnabled()).toBe(true);
    torch.autograd.setDetectAnomaly(false);
    const x = torch.zeros([1], { requiresGrad: true });
    torch.autograd.detectAnomaly(() => x.sqrt().mul(0).sum().backward(), { checkNan: false });
    expect(x.grad!.tolist()).toEqual([NaN]);
  });
});
