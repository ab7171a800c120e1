// docs/coverage.md is fresh, and what it promises is so. `npm run coverage:api` writes it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import torch from 'nodetorch';

interface Space {
  namespace: string;
  total: number;
  leftOut: string[];
  missing: string[];
}
interface Api {
  torch: string;
  namespaces: Record<string, string[]>;
}
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { coverage, coveragePage, page, staleReasons } = require('../scripts/coverage') as {
  coverage(module: object, api: Api): Space[];
  coveragePage(module: object, api: Api): string;
  page: string;
  staleReasons(module: object, api: Api): string[];
};
const api = JSON.parse(readFileSync(join(__dirname, 'fixtures/api.json'), 'utf8')) as Api;

test("the names are those of the libtorch that runs, in Python's", () => {
  expect(api.torch).toBe(torch.version);
});

test('docs/coverage.md is fresh', () => {
  expect(readFileSync(page, 'utf8')).toBe(coveragePage(torch, api));
});

test('what is left out with a reason is public in Python and not here', () => {
  expect(staleReasons(torch, api)).toEqual([]);
});

// No name of these is missing without a reason.
test.each([
  ...['torch', 'torch.Tensor', 'torch.linalg', 'torch.autograd', 'torch.fft', 'torch.special', 'torch.amp'],
  ...['torch.nn', 'torch.nn.functional', 'torch.nn.init', 'torch.nn.utils', 'torch.optim'],
  ...['torch.optim.lr_scheduler', 'torch.masked', 'torch.signal.windows'],
])('%s is all here', (name) => {
  expect(coverage(torch, api).find(({ namespace }) => namespace === name)!.missing).toEqual([]);
});
