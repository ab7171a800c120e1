// Pruned parameters.
import torch, { nn, type Tensor } from 'nodetorch';
import { image, moduleOf, of, type UtilsCases } from '../compare';
import { recurrent } from './norms';

const p = nn.utils.prune;
const wide = (): nn.Linear => new nn.Linear(4, 5);
const four = (): Tensor => torch.randn([2, 4]);
const scores = (): Tensor => torch.arange(20).float().view(5, 4).fmod(7);

class FirstOnly extends p.BasePruningMethod {
  readonly PRUNING_TYPE = 'unstructured';
  override computeMask(_t: Tensor, defaultMask: Tensor): Tensor {
    const mask = defaultMask.clone();
    mask.view(-1).setAt('1:', 0);
    return mask;
  }
}

function several(...steps: ((module: nn.Module) => nn.utils.prune.BasePruningMethod)[]): unknown[] {
  const module = new nn.Conv2d(2, 3, 3);
  const container = steps.map((step) => step(module)).at(-1) as nn.utils.prune.PruningContainer;
  const names = [...container].map((method) => method.constructor.name);
  return [container.constructor.name, names, ...of(module, image())];
}

function everywhere(
  method: typeof p.L1Unstructured | typeof p.RandomUnstructured,
  amount: number,
  scored = false,
): unknown[] {
  const [a, b] = [new nn.Linear(4, 5), new nn.Linear(5, 2)];
  p.l1Unstructured(a, 'weight', 4);
  const importanceScores = scored ? new Map([[b, { weight: torch.arange(10).float().view(2, 5) }]]) : null;
  const parameters = [
    [a, 'weight'],
    [b, 'weight'],
    [b, 'bias'],
  ] as [nn.Module, string][];
  p.globalUnstructured(parameters, method, { amount, importanceScores });
  return [moduleOf(a), moduleOf(b)];
}

function pruned(): unknown[] {
  const layer = wide();
  const net = new nn.Sequential(layer, new nn.ReLU());
  const before = p.isPruned(net);
  p.identity(layer, 'weight');
  const between = p.isPruned(net);
  p.remove(layer, 'weight');
  return [before, between, p.isPruned(net)];
}

export const prune: UtilsCases = {
  cases: {
    'prune.identity': () => of(p.identity(wide(), 'weight'), four()),
    'prune.randomUnstructured': () => of(p.randomUnstructured(wide(), 'weight', 0.3), four()),
    'prune.randomUnstructured/count': () => of(p.randomUnstructured(wide(), 'bias', 2), four()),
    'prune.l1Unstructured': () => of(p.l1Unstructured(wide(), 'weight', 0.5), four()),
    'prune.l1Unstructured/round': () =>
      [0.1, 0.3, 0.5, 0.7, 0.9].map((amount) =>
        p.l1Unstructured(wide(), 'bias', amount).getBuffer('bias_mask'),
      ),
    'prune.l1Unstructured/none': () => of(p.l1Unstructured(wide(), 'weight', 0), four()),
    'prune.l1Unstructured/scores': () =>
      moduleOf(p.l1Unstructured(wide(), 'weight', 5, { importanceScores: scores() })),
    'prune.randomStructured': () => of(p.randomStructured(wide(), 'weight', 0.5, 0), four()),
    'prune.randomStructured/count': () =>
      of(p.randomStructured(new nn.Conv2d(2, 3, 3), 'weight', 1, 1), image()),
    'prune.randomStructured/none': () => moduleOf(p.randomStructured(wide(), 'weight', 0, 1)),
    'prune.lnStructured': () => of(p.lnStructured(wide(), 'weight', 0.4, 2, 0), four()),
    'prune.lnStructured/inf': () => moduleOf(p.lnStructured(wide(), 'weight', 1, Infinity, -1)),
    'prune.lnStructured/scores': () =>
      moduleOf(p.lnStructured(wide(), 'weight', 2, 1, 0, { importanceScores: scores() })),
    'prune.customFromMask': () =>
      of(p.customFromMask(wide(), 'bias', torch.tensor([1n, 0n, 1n, 0n, 1n])), four()),
    'prune.BasePruningMethod': () => {
      const module = wide();
      FirstOnly.apply(module, 'weight');
      return of(module, four());
    },
    'prune.BasePruningMethod/prune': () => [
      new FirstOnly().prune(torch.ones([2, 2])),
      new p.L1Unstructured(2).prune(torch.tensor([3, 1, 2]), null, torch.tensor([1, 2, 3])),
    ],
    'prune.PruningContainer': () =>
      several(
        (m) => p.L1Unstructured.apply(m, 'weight', 0.3),
        (m) => p.L1Unstructured.apply(m, 'weight', 0.5),
      ),
    'prune.PruningContainer/structured': () =>
      several(
        (m) => p.RandomUnstructured.apply(m, 'weight', 10),
        (m) => p.LnStructured.apply(m, 'weight', 1, 2, 0),
        (m) => p.LnStructured.apply(m, 'weight', 1, 2, -3),
      ),
    'prune.PruningContainer/global': () =>
      several(
        (m) => p.LnStructured.apply(m, 'weight', 1, 2, 0),
        (m) => p.CustomFromMask.apply(m, 'weight', torch.ones([3, 2, 3, 3]).triu()),
      ),
    'prune.globalUnstructured': () => everywhere(p.L1Unstructured, 0.4),
    'prune.globalUnstructured/random': () => everywhere(p.RandomUnstructured, 7),
    'prune.globalUnstructured/scores': () => everywhere(p.L1Unstructured, 0.25, true),
    'prune.remove': () => of(p.remove(p.l1Unstructured(wide(), 'weight', 0.5), 'weight'), four()),
    'prune.l1Unstructured/recurrent': () => recurrent((m, name) => p.l1Unstructured(m, name, 0.5)),
    'prune.isPruned': pruned,
  },
  errors: {
    'prune amount': () => p.l1Unstructured(wide(), 'weight', 1.5),
    'prune amount negative': () => p.randomUnstructured(wide(), 'weight', -1),
    'prune amount type': () => p.randomUnstructured(wide(), 'weight', 'all' as unknown as number),
    'prune amount large': () => p.l1Unstructured(wide(), 'bias', 6),
    'prune vector': () => p.lnStructured(wide(), 'bias', 1, 2, 0),
    'prune dim': () => p.randomStructured(wide(), 'weight', 1, 2),
    'prune mask': () => p.customFromMask(wide(), 'bias', torch.ones([4])),
    'prune scores': () => p.l1Unstructured(wide(), 'weight', 1, { importanceScores: torch.ones([4, 5]) }),
    'prune.remove': () => p.remove(wide(), 'weight'),
    'prune.globalUnstructured type': () =>
      p.globalUnstructured([[wide(), 'weight']], p.RandomStructured, { amount: 1 }),
    'prune.globalUnstructured list': () =>
      p.globalUnstructured(1 as unknown as [nn.Module, string][], p.L1Unstructured),
  },
};
