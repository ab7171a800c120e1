// Rows of losses, under the names of their twins in test/fixtures/nn/loss.py.
import torch, { nn, type Tensor } from 'nodetorch';
import { ints, zeros, type Family } from './family';

const F = nn.functional;
const classWeights = (): Tensor => torch.tensor([1, 2, 0.5]);
const fourWeights = (): Tensor => torch.tensor([1, 2, 0.5, 3]);
const ones = (...shape: number[]): Tensor => torch.ones(shape);
const chunked = (init?: nn.LinearCrossEntropyOptionsInit): nn.LinearCrossEntropyOptions =>
  new nn.LinearCrossEntropyOptions(init);
const max = 'max' as 'mean';

const halves: Family['functionals'] = {};
for (const half of ['float16', 'bfloat16']) {
  for (const accPolicy of ['auto', 'accurate', 'balanced', 'compact'] as const) {
    halves[`linearCrossEntropy/${half} ${accPolicy}`] = (x, w, linearBias, t) => {
      const options = chunked({ batchChunkSize: 3, accPolicy, accDtype: torch.float32 });
      return F.linearCrossEntropy(x, w, t, { linearBias, ignoreIndex: 1, options });
    };
  }
}

function twiceBackward(options: nn.LinearCrossEntropyOptions): void {
  const loss = F.linearCrossEntropy(ones(2, 3).requiresGrad_(), ones(4, 3), ints(0n, 1n), { options });
  loss.backward({ retainGraph: true });
  loss.backward();
}

export const loss: Family = {
  modules: {
    CrossEntropyLoss: () => new nn.CrossEntropyLoss(),
    'CrossEntropyLoss/options': () =>
      new nn.CrossEntropyLoss(classWeights(), { ignoreIndex: 1, reduction: 'sum', labelSmoothing: 0.1 }),
    'CrossEntropyLoss/none': () => new nn.CrossEntropyLoss({ reduction: 'none' }),
    'CrossEntropyLoss/probabilities': () => new nn.CrossEntropyLoss(),
    NLLLoss: () => new nn.NLLLoss({ ignoreIndex: 2 }),
    'NLLLoss/weight': () => new nn.NLLLoss(classWeights()),
    MSELoss: () => new nn.MSELoss(),
    'MSELoss/sum': () => new nn.MSELoss({ reduction: 'sum' }),
    'MSELoss/broadcast': () => new nn.MSELoss({ reduction: 'none' }),
    L1Loss: () => new nn.L1Loss(),
    BCEWithLogitsLoss: () => new nn.BCEWithLogitsLoss(),
    'BCEWithLogitsLoss/weight': () =>
      new nn.BCEWithLogitsLoss({
        weight: torch.tensor([1, 2, 0.5, 3]),
        reduction: 'none',
        posWeight: torch.tensor([2, 1, 1, 0.5]),
      }),
    'CrossEntropyLoss/unbatched': () => new nn.CrossEntropyLoss(),
    'CrossEntropyLoss/legacy': () => new nn.CrossEntropyLoss({ sizeAverage: true, reduce: false }),
    'CrossEntropyLoss/all ignored': () => new nn.CrossEntropyLoss({ ignoreIndex: 0 }),
    'NLLLoss/images': () => new nn.NLLLoss({ reduction: 'none' }),
    'NLLLoss/unbatched': () => new nn.NLLLoss({ reduction: 'sum' }),
    NLLLoss2d: () => new nn.NLLLoss2d(classWeights(), { ignoreIndex: 1 }),
    'L1Loss/none': () => new nn.L1Loss({ reduction: 'none' }),
    'L1Loss/legacy': () => new nn.L1Loss({ reduce: false }),
    'MSELoss/legacy': () => new nn.MSELoss({ sizeAverage: false }),
    PoissonNLLLoss: () => new nn.PoissonNLLLoss(),
    'PoissonNLLLoss/options': () =>
      new nn.PoissonNLLLoss({ logInput: false, full: true, eps: 1e-3, reduction: 'none' }),
    'PoissonNLLLoss/full': () => new nn.PoissonNLLLoss({ full: true, reduction: 'sum' }),
    GaussianNLLLoss: () => new nn.GaussianNLLLoss(),
    'GaussianNLLLoss/options': () => new nn.GaussianNLLLoss({ full: true, eps: 0.5, reduction: 'none' }),
    'GaussianNLLLoss/sum': () => new nn.GaussianNLLLoss({ reduction: 'sum' }),
    KLDivLoss: () => new nn.KLDivLoss(),
    'KLDivLoss/batchmean': () => new nn.KLDivLoss({ reduction: 'batchmean', logTarget: true }),
    'KLDivLoss/none': () => new nn.KLDivLoss({ reduction: 'none' }),
    'KLDivLoss/legacy': () => new nn.KLDivLoss({ sizeAverage: false }),
    BCELoss: () => new nn.BCELoss(),
    'BCELoss/weight': () => new nn.BCELoss(fourWeights(), { reduction: 'sum' }),
    'BCELoss/none': () => new nn.BCELoss({ reduction: 'none' }),
    'BCEWithLogitsLoss/sum': () => new nn.BCEWithLogitsLoss({ reduction: 'sum' }),
    HingeEmbeddingLoss: () => new nn.HingeEmbeddingLoss(),
    'HingeEmbeddingLoss/options': () => new nn.HingeEmbeddingLoss(0.5, { reduction: 'none' }),
    MultiLabelMarginLoss: () => new nn.MultiLabelMarginLoss(),
    'MultiLabelMarginLoss/none': () => new nn.MultiLabelMarginLoss({ reduction: 'none' }),
    'MultiLabelMarginLoss/unbatched': () => new nn.MultiLabelMarginLoss({ reduction: 'sum' }),
    SmoothL1Loss: () => new nn.SmoothL1Loss(),
    'SmoothL1Loss/beta': () => new nn.SmoothL1Loss({ reduction: 'none', beta: 0.3 }),
    'SmoothL1Loss/zero': () => new nn.SmoothL1Loss({ reduction: 'sum', beta: 0 }),
    HuberLoss: () => new nn.HuberLoss(),
    'HuberLoss/delta': () => new nn.HuberLoss('sum', 0.3),
    'HuberLoss/none': () => new nn.HuberLoss({ reduction: 'none', delta: 2 }),
    SoftMarginLoss: () => new nn.SoftMarginLoss(),
    'SoftMarginLoss/none': () => new nn.SoftMarginLoss({ reduction: 'none' }),
    MultiLabelSoftMarginLoss: () => new nn.MultiLabelSoftMarginLoss(),
    'MultiLabelSoftMarginLoss/weight': () =>
      new nn.MultiLabelSoftMarginLoss(fourWeights(), { reduction: 'none' }),
    'MultiLabelSoftMarginLoss/sum': () => new nn.MultiLabelSoftMarginLoss({ reduction: 'sum' }),
    CosineEmbeddingLoss: () => new nn.CosineEmbeddingLoss(),
    'CosineEmbeddingLoss/margin': () => new nn.CosineEmbeddingLoss(-0.3, { reduction: 'none' }),
    'CosineEmbeddingLoss/unbatched': () => new nn.CosineEmbeddingLoss({ margin: 0.1, reduction: 'sum' }),
    MultiMarginLoss: () => new nn.MultiMarginLoss(),
    'MultiMarginLoss/options': () => new nn.MultiMarginLoss(2, 0.5, fourWeights(), { reduction: 'none' }),
    'MultiMarginLoss/unbatched': () => new nn.MultiMarginLoss({ margin: 2, reduction: 'sum' }),
    MarginRankingLoss: () => new nn.MarginRankingLoss(),
    'MarginRankingLoss/margin': () => new nn.MarginRankingLoss(0.5, { reduction: 'none' }),
    TripletMarginLoss: () => new nn.TripletMarginLoss(),
    'TripletMarginLoss/options': () =>
      new nn.TripletMarginLoss(0.5, 1, 1e-3, { swap: true, reduction: 'none' }),
    'TripletMarginLoss/unbatched': () => new nn.TripletMarginLoss({ margin: 3, reduction: 'sum' }),
    TripletMarginWithDistanceLoss: () => new nn.TripletMarginWithDistanceLoss(),
    'TripletMarginWithDistanceLoss/module': () =>
      new nn.TripletMarginWithDistanceLoss({
        distanceFunction: new nn.CosineSimilarity(),
        swap: true,
        reduction: 'none',
      }),
    'TripletMarginWithDistanceLoss/function': () =>
      new nn.TripletMarginWithDistanceLoss({
        distanceFunction: (x, y) => x.sub(y).abs().amax(1),
        margin: 0.5,
        reduction: 'sum',
      }),
    CTCLoss: () => new nn.CTCLoss(),
    'CTCLoss/options': () => new nn.CTCLoss(3, 'none', { zeroInfinity: true }),
    'CTCLoss/flat': () => new nn.CTCLoss({ reduction: 'sum' }),
    'CTCLoss/unbatched': () => new nn.CTCLoss(),
    'CTCLoss/infinite': () => new nn.CTCLoss({ zeroInfinity: true }),
    'CTCLoss/lists': {
      make: () => new nn.CTCLoss(),
      call: (m: nn.CTCLoss, x: Tensor, t: Tensor) => m(x, t, [6, 5], [3, 2]),
    },
    AdaptiveLogSoftmaxWithLoss: () => new nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 6], { divValue: 2 }),
    'AdaptiveLogSoftmaxWithLoss/bias': () =>
      new nn.AdaptiveLogSoftmaxWithLoss(8, 6, [2], 3, { headBias: true }),
    'AdaptiveLogSoftmaxWithLoss/one': () => new nn.AdaptiveLogSoftmaxWithLoss(8, 6, [2, 4]),
    'AdaptiveLogSoftmaxWithLoss/unbatched': () => new nn.AdaptiveLogSoftmaxWithLoss(8, 6, [2]),
    'AdaptiveLogSoftmaxWithLoss/logProb': {
      make: () => new nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 6], { divValue: 2 }),
      call: (m: nn.AdaptiveLogSoftmaxWithLoss, x: Tensor) => m.logProb(x),
    },
    'AdaptiveLogSoftmaxWithLoss/predict': {
      make: () => new nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 6], { divValue: 2 }),
      call: (m: nn.AdaptiveLogSoftmaxWithLoss, x: Tensor) => m.predict(x.mul(5)),
    },
    'AdaptiveLogSoftmaxWithLoss/predict few': {
      make: () => new nn.AdaptiveLogSoftmaxWithLoss(8, 10, [8], { headBias: true }),
      call: (m: nn.AdaptiveLogSoftmaxWithLoss, x: Tensor) => m.predict(x.mul(0)),
    },
    'AdaptiveLogSoftmaxWithLoss/predict rare': {
      make: () => new nn.AdaptiveLogSoftmaxWithLoss(2, 9, [1], 1),
      call: (m: nn.AdaptiveLogSoftmaxWithLoss, x: Tensor) =>
        m.predict(x.sign().mul(m.head.weight.select(0, 1)).mul(50)),
    },
    LinearCrossEntropyLoss: () => new nn.LinearCrossEntropyLoss(4, 3),
    'LinearCrossEntropyLoss/options': () =>
      new nn.LinearCrossEntropyLoss(4, 3, {
        bias: true,
        reduction: 'sum',
        weight: classWeights(),
        ignoreIndex: 1,
        labelSmoothing: 0.25,
      }),
    'LinearCrossEntropyLoss/features': () =>
      new nn.LinearCrossEntropyLoss(4, 3, { outFeatures: [2], bias: true, reduction: 'none' }),
    'LinearCrossEntropyLoss/probabilities': () => new nn.LinearCrossEntropyLoss(4, 3),
    'LinearCrossEntropyLoss/chunks': () =>
      new nn.LinearCrossEntropyLoss(4, 9, { bias: true, options: chunked() }),
    'LinearCrossEntropyLoss/chunks sum': () =>
      new nn.LinearCrossEntropyLoss(4, 3, {
        weight: classWeights(),
        ignoreIndex: 1,
        reduction: 'sum',
        options: chunked({ batchChunkSize: 2, accPolicy: 'accurate' }),
      }),
    'LinearCrossEntropyLoss/chunks none': () =>
      new nn.LinearCrossEntropyLoss(4, 3, {
        bias: true,
        reduction: 'none',
        options: chunked({ batchChunkSize: 2 }),
      }),
    'LinearCrossEntropyLoss/unbatched': () =>
      new nn.LinearCrossEntropyLoss(4, 3, { bias: true, options: chunked() }),
  },
  functionals: {
    crossEntropy: (x, t) => F.crossEntropy(x, t),
    'crossEntropy/options': (x, t) =>
      F.crossEntropy(x, t, torch.tensor([1, 2, 3]), {
        ignoreIndex: 0,
        reduction: 'none',
        labelSmoothing: 0.2,
      }),
    'crossEntropy/legacy': (x, t) => F.crossEntropy(x, t, { sizeAverage: false }),
    nllLoss: (x, t) => F.nllLoss(x, t, { reduction: 'sum' }),
    mseLoss: (x, y) => F.mseLoss(x, y),
    'mseLoss/weight': (x, y, weight) => F.mseLoss(x, y, { weight }),
    'mseLoss/legacy': (x, y) => F.mseLoss(x, y, { reduce: false }),
    l1Loss: (x, y) => F.l1Loss(x, y, { reduction: 'none' }),
    'l1Loss/weight': (x, y, weight) => F.l1Loss(x, y, { reduction: 'sum', weight }),
    binaryCrossEntropyWithLogits: (x, y) =>
      F.binaryCrossEntropyWithLogits(x, y, { posWeight: torch.tensor(2) }),
    ...halves,
    linearCrossEntropy: (x, w, t) => F.linearCrossEntropy(x, w, t),
    'linearCrossEntropy/options': (x, w, linearBias, t, weight) =>
      F.linearCrossEntropy(x, w, t, { linearBias, weight, reduction: 'sum', labelSmoothing: 0.2 }),
    'linearCrossEntropy/features': (x, w, linearBias, t) =>
      F.linearCrossEntropy(x, w, t, { linearBias, options: chunked() }),
    'linearCrossEntropy/unbatched': (x, w, t) =>
      F.linearCrossEntropy(x, w, t, { reduction: 'none', options: chunked() }),
    'linearCrossEntropy/auto': (x, w, t) => F.linearCrossEntropy(x, w, t, { options: chunked() }),
    'linearCrossEntropy/ratio': (x, w, t) =>
      F.linearCrossEntropy(x, w, t, {
        options: chunked({ chunkingMethod: 'aspect_ratio', accPolicy: 'balanced' }),
      }),
    'linearCrossEntropy/retained': (x, w, linearBias, t) =>
      F.linearCrossEntropy(x, w, t, {
        linearBias,
        reduction: 'sum',
        options: chunked({ allowRetainGraph: true, chunkingMethod: 'aspect_ratio:4' }),
      }),
    'linearCrossEntropy/weight': (x, w, t, weight) =>
      F.linearCrossEntropy(x, w, t, { weight, ignoreIndex: 2, options: chunked({ batchChunkSize: 4 }) }),
    'linearCrossEntropy/none': (x, w, linearBias, t, weight) =>
      F.linearCrossEntropy(x, w, t, {
        linearBias,
        weight,
        ignoreIndex: -1,
        reduction: 'none',
        options: chunked({ batchChunkSize: 4 }),
      }),
    'linearCrossEntropy/all ignored': (x, w, t) =>
      F.linearCrossEntropy(x, w, t, { ignoreIndex: 0, options: chunked() }),
    'linearCrossEntropy/bfloat16 none': (x, w, t) =>
      F.linearCrossEntropy(x, w, t, { reduction: 'none', options: chunked({ batchChunkSize: 2 }) }),
    'linearCrossEntropy/float16 auto all': (x, w, t) => F.linearCrossEntropy(x, w, t, { options: chunked() }),
    'nllLoss/weight': (x, t) => F.nllLoss(x, t, torch.tensor([1, 2, 3]), { ignoreIndex: 1 }),
    smoothL1Loss: (x, y) => F.smoothL1Loss(x, y),
    'smoothL1Loss/options': (x, y) => F.smoothL1Loss(x, y, { reduction: 'none', beta: 0.4 }),
    'smoothL1Loss/legacy': (x, y) => F.smoothL1Loss(x, y, { sizeAverage: false, beta: 0 }),
    huberLoss: (x, y) => F.huberLoss(x, y),
    'huberLoss/positional': (x, y) => F.huberLoss(x, y, 'sum', 0.5),
    'huberLoss/weight': (x, y, weight) => F.huberLoss(x, y, { weight }),
    'huberLoss/weight none': (x, y, weight) => F.huberLoss(x, y, { reduction: 'none', delta: 0.5, weight }),
    poissonNllLoss: (x, y) => F.poissonNllLoss(x, y),
    'poissonNllLoss/options': (x, y) =>
      F.poissonNllLoss(x, y, { logInput: false, full: true, eps: 1e-2, reduction: 'sum' }),
    'poissonNllLoss/legacy': (x, y) => F.poissonNllLoss(x, y, { reduce: false }),
    gaussianNllLoss: (x, y, v) => F.gaussianNllLoss(x, y, v),
    'gaussianNllLoss/number': (x, y) => F.gaussianNllLoss(x, y, 0.7, { full: true, reduction: 'none' }),
    'gaussianNllLoss/clamped': (x, y, v) => F.gaussianNllLoss(x, y, v, { eps: 0.5, reduction: 'sum' }),
    klDiv: (x, y) => F.klDiv(x, y),
    'klDiv/options': (x, y) => F.klDiv(x, y, { reduction: 'batchmean', logTarget: true }),
    'klDiv/legacy': (x, y) => F.klDiv(x, y, { sizeAverage: false, reduction: 'batchmean' }),
    'klDiv/scalar': (x, y) => F.klDiv(x, y, { reduction: 'batchmean' }),
    binaryCrossEntropy: (x, y) => F.binaryCrossEntropy(x, y),
    'binaryCrossEntropy/weight': (x, y, w) => F.binaryCrossEntropy(x, y, w, { reduction: 'sum' }),
    'binaryCrossEntropy/legacy': (x, y) => F.binaryCrossEntropy(x, y, { reduce: false }),
    'binaryCrossEntropyWithLogits/weight': (x, y, w) =>
      F.binaryCrossEntropyWithLogits(x, y, w, { reduction: 'none' }),
    hingeEmbeddingLoss: (x, y) => F.hingeEmbeddingLoss(x, y),
    'hingeEmbeddingLoss/options': (x, y) => F.hingeEmbeddingLoss(x, y, 0.4, { reduction: 'sum' }),
    multilabelMarginLoss: (x, y) => F.multilabelMarginLoss(x, y),
    'multilabelMarginLoss/legacy': (x, y) => F.multilabelMarginLoss(x, y, { sizeAverage: false }),
    softMarginLoss: (x, y) => F.softMarginLoss(x, y),
    'softMarginLoss/sum': (x, y) => F.softMarginLoss(x, y, { reduction: 'sum' }),
    multilabelSoftMarginLoss: (x, y) => F.multilabelSoftMarginLoss(x, y),
    'multilabelSoftMarginLoss/weight': (x, y, w) =>
      F.multilabelSoftMarginLoss(x, y, w, { sizeAverage: false }),
    cosineEmbeddingLoss: (x, y, t) => F.cosineEmbeddingLoss(x, y, t),
    'cosineEmbeddingLoss/options': (x, y, t) => F.cosineEmbeddingLoss(x, y, t, 0.2, { reduction: 'none' }),
    multiMarginLoss: (x, t) => F.multiMarginLoss(x, t),
    'multiMarginLoss/options': (x, t, w) => F.multiMarginLoss(x, t, 2, 0.5, w, { reduction: 'none' }),
    marginRankingLoss: (x, y, t) => F.marginRankingLoss(x, y, t),
    'marginRankingLoss/options': (x, y, t) => F.marginRankingLoss(x, y, t, 0.3, { reduction: 'sum' }),
    tripletMarginLoss: (a, p, n) => F.tripletMarginLoss(a, p, n),
    'tripletMarginLoss/options': (a, p, n) =>
      F.tripletMarginLoss(a, p, n, 0.5, 3, 1e-2, { swap: true, reduction: 'none' }),
    tripletMarginWithDistanceLoss: (a, p, n) => F.tripletMarginWithDistanceLoss(a, p, n),
    'tripletMarginWithDistanceLoss/options': (a, p, n) =>
      F.tripletMarginWithDistanceLoss(a, p, n, {
        distanceFunction: (x, y) => x.sub(y).pow(2).sum(1),
        margin: 2,
        swap: true,
        reduction: 'none',
      }),
    ctcLoss: (x, t, i, s) => F.ctcLoss(x, t, i, s),
    'ctcLoss/options': (x, t) => F.ctcLoss(x, t, [6, 6], [3, 3], 2, 'sum', { zeroInfinity: true }),
    'ctcLoss/no labels': (x, t) => F.ctcLoss(x, t, [6, 6], [0, 3], { reduction: 'none' }),
  },
  errors: {
    'CrossEntropyLoss reduction': () =>
      new nn.CrossEntropyLoss({ reduction: 'average' as 'mean' })(zeros(2, 3), ints(0n, 1n)),
    'CrossEntropyLoss target': () => new nn.CrossEntropyLoss()(zeros(2, 3), ints(0n, 3n)),
    'MSELoss sizes': () => new nn.MSELoss()(zeros(2, 3), zeros(4)),
    'mse_loss weight': () => F.mseLoss(zeros(2, 3), zeros(2, 3), { weight: zeros(3) }),
    'BCEWithLogitsLoss sizes': () => new nn.BCEWithLogitsLoss()(zeros(2, 3), zeros(2)),
    'L1Loss reduction': () => new nn.L1Loss({ reduction: max })(zeros(2), zeros(2)),
    'l1_loss mode': () => F.l1Loss(zeros(2), zeros(2), { reduction: max, weight: zeros(2) }),
    'NLLLoss target': () => new nn.NLLLoss()(zeros(2, 3), ints(0n, 3n)),
    'NLLLoss batch': () => new nn.NLLLoss()(zeros(2, 3), ints(0n)),
    'CrossEntropyLoss weight': () => new nn.CrossEntropyLoss(ones(2))(zeros(2, 3), ints(0n, 1n)),
    'CrossEntropyLoss smoothing': () =>
      new nn.CrossEntropyLoss({ labelSmoothing: 1.5 })(zeros(2, 3), ints(0n, 1n)),
    'PoissonNLLLoss reduction': () => new nn.PoissonNLLLoss({ reduction: max })(zeros(2), zeros(2)),
    'GaussianNLLLoss negative': () => new nn.GaussianNLLLoss()(zeros(2), zeros(2), torch.tensor([1, -1])),
    'gaussian_nll_loss negative': () => F.gaussianNllLoss(zeros(2), zeros(2), -1),
    'GaussianNLLLoss size': () => new nn.GaussianNLLLoss()(zeros(2, 3), zeros(2, 3), ones(4)),
    'GaussianNLLLoss two sizes': () =>
      new nn.GaussianNLLLoss()(zeros(2, 3, 4), zeros(2, 3, 4), ones(2, 1, 1)),
    'GaussianNLLLoss reduction': () =>
      new nn.GaussianNLLLoss({ reduction: max })(zeros(2), zeros(2), ones(2)),
    'KLDivLoss reduction': () => new nn.KLDivLoss({ reduction: max })(zeros(2), zeros(2)),
    'KLDivLoss sizes': () => new nn.KLDivLoss({ reduction: 'sum' })(zeros(2), zeros(3)),
    'BCELoss sizes': () => new nn.BCELoss()(zeros(2, 3), zeros(2)),
    'BCELoss range': () => new nn.BCELoss()(torch.tensor([1.5]), zeros(1)),
    'BCELoss weight': () => new nn.BCELoss(ones(2))(zeros(2, 3), zeros(2, 3)),
    'HingeEmbeddingLoss sizes': () => new nn.HingeEmbeddingLoss()(zeros(2), ones(3)),
    'HingeEmbeddingLoss reduction': () => new nn.HingeEmbeddingLoss({ reduction: max })(zeros(2), ones(2)),
    'MultiLabelMarginLoss sizes': () => new nn.MultiLabelMarginLoss()(zeros(2, 3), ints(0n, 0n)),
    'MultiLabelMarginLoss reduction': () =>
      new nn.MultiLabelMarginLoss({ reduction: max })(zeros(3), ints(0n, 0n, 0n)),
    'SmoothL1Loss beta': () => new nn.SmoothL1Loss({ beta: -1 })(zeros(2), zeros(2)),
    'SmoothL1Loss sizes': () => new nn.SmoothL1Loss()(zeros(2, 3), zeros(4)),
    'HuberLoss delta': () => new nn.HuberLoss({ delta: 0 })(zeros(2), zeros(2)),
    'huber_loss weight': () => F.huberLoss(zeros(2), zeros(2), { weight: zeros(3) }),
    'huber_loss mode': () => F.huberLoss(zeros(2), zeros(2), { reduction: max, weight: zeros(2) }),
    'SoftMarginLoss sizes': () => new nn.SoftMarginLoss()(zeros(2), zeros(3)),
    'SoftMarginLoss reduction': () => new nn.SoftMarginLoss({ reduction: max })(zeros(2), zeros(2)),
    'MultiLabelSoftMarginLoss sizes': () => new nn.MultiLabelSoftMarginLoss()(zeros(2, 3), zeros(2, 4)),
    'MultiLabelSoftMarginLoss reduction': () =>
      new nn.MultiLabelSoftMarginLoss({ reduction: max })(zeros(2, 3), zeros(2, 3)),
    'CosineEmbeddingLoss target': () => new nn.CosineEmbeddingLoss()(zeros(2, 3), zeros(2, 3), ones(2, 1)),
    'CosineEmbeddingLoss reduction': () =>
      new nn.CosineEmbeddingLoss({ reduction: max })(zeros(2, 3), zeros(2, 3), ones(2)),
    'MultiMarginLoss p': () => new nn.MultiMarginLoss(3 as 2),
    'MultiMarginLoss weight': () => new nn.MultiMarginLoss({ weight: zeros(1, 3) }),
    'multi_margin_loss p': () => F.multiMarginLoss(zeros(2, 3), ints(0n, 1n), { p: 0 as 1 }),
    'multi_margin_loss weight': () => F.multiMarginLoss(zeros(2, 3), ints(0n, 1n), { weight: zeros(1, 3) }),
    'MarginRankingLoss sizes': () => new nn.MarginRankingLoss()(zeros(2), zeros(2), ones(2, 1)),
    'MarginRankingLoss reduction': () =>
      new nn.MarginRankingLoss({ reduction: max })(zeros(2), zeros(2), ones(2)),
    'TripletMarginLoss margin': () => new nn.TripletMarginLoss({ margin: -1 }),
    'TripletMarginLoss sizes': () => new nn.TripletMarginLoss()(zeros(2, 3), zeros(2, 3), zeros(3)),
    'triplet_margin_loss margin': () =>
      F.tripletMarginLoss(zeros(2, 3), zeros(2, 3), zeros(2, 3), { margin: 0 }),
    'TripletMarginWithDistanceLoss margin': () => new nn.TripletMarginWithDistanceLoss({ margin: 0 }),
    'TripletMarginWithDistanceLoss reduction': () =>
      new nn.TripletMarginWithDistanceLoss({ reduction: max })(zeros(2), zeros(2), zeros(2)),
    'TripletMarginWithDistanceLoss dims': () =>
      new nn.TripletMarginWithDistanceLoss()(zeros(2, 3), zeros(2, 3), zeros(3)),
    'CTCLoss blank': () => new nn.CTCLoss(9)(zeros(3, 1, 4), ints(1n, 1n).view([1, 2]), ints(3n), ints(2n)),
    'CTCLoss lengths': () => new nn.CTCLoss()(zeros(3, 1, 4), ints(1n, 1n).view([1, 2]), ints(3n), ints(4n)),
    'CTCLoss reduction': () =>
      new nn.CTCLoss({ reduction: max })(zeros(3, 1, 4), ints(1n, 1n).view([1, 2]), [3], [2]),
    'AdaptiveLogSoftmaxWithLoss no cutoffs': () => new nn.AdaptiveLogSoftmaxWithLoss(8, 6, []),
    'AdaptiveLogSoftmaxWithLoss cutoffs': () => new nn.AdaptiveLogSoftmaxWithLoss(8, 6, [4, 2]),
    'AdaptiveLogSoftmaxWithLoss last cutoff': () => new nn.AdaptiveLogSoftmaxWithLoss(8, 6, [2, 6]),
    'AdaptiveLogSoftmaxWithLoss batch': () =>
      new nn.AdaptiveLogSoftmaxWithLoss(8, 6, [2])(zeros(2, 8), ints(1n)),
    'AdaptiveLogSoftmaxWithLoss dims': () =>
      new nn.AdaptiveLogSoftmaxWithLoss(8, 6, [2])(zeros(2), ints(1n, 1n)),
    'AdaptiveLogSoftmaxWithLoss unbatched': () =>
      new nn.AdaptiveLogSoftmaxWithLoss(8, 6, [2])(zeros(1, 8), torch.tensor(1n)),
    'AdaptiveLogSoftmaxWithLoss targets': () =>
      new nn.AdaptiveLogSoftmaxWithLoss(8, 6, [2])(zeros(1, 8), torch.tensor([[1n]])),
    'AdaptiveLogSoftmaxWithLoss range': () =>
      new nn.AdaptiveLogSoftmaxWithLoss(8, 6, [2])(zeros(2, 8), ints(1n, 6n)),
    'LinearCrossEntropyLoss weight': () => new nn.LinearCrossEntropyLoss(4, 3, { weight: ones(2) }),
    'LinearCrossEntropyLoss smoothing': () => new nn.LinearCrossEntropyLoss(4, 3, { labelSmoothing: 1.5 }),
    'linear_cross_entropy input': () => F.linearCrossEntropy(zeros(1, 2, 3), zeros(4, 3), ints(0n)),
    'linear_cross_entropy weight': () => F.linearCrossEntropy(zeros(2, 3), zeros(3), ints(0n, 1n)),
    'linear_cross_entropy features': () => F.linearCrossEntropy(zeros(2, 3), zeros(4, 5), ints(0n, 1n)),
    'linear_cross_entropy bias': () =>
      F.linearCrossEntropy(zeros(2, 3), zeros(4, 3), ints(0n, 1n), { linearBias: zeros(3) }),
    'linear_cross_entropy unbatched': () => F.linearCrossEntropy(zeros(3), zeros(4, 2, 3), ints(0n, 1n)),
    'linear_cross_entropy ignored': () =>
      F.linearCrossEntropy(zeros(2, 3), zeros(4, 3), zeros(2, 4), { ignoreIndex: 1 }),
    'linear_cross_entropy dtype': () =>
      F.linearCrossEntropy(zeros(2, 3), zeros(4, 3), ints(0n, 1n), {
        options: chunked({ accDtype: torch.float64 }),
      }),
    'linear_cross_entropy chunks': () =>
      F.linearCrossEntropy(zeros(8, 3), zeros(4, 3), torch.zeros([8], { dtype: torch.int64 }), {
        options: chunked({ batchChunkSize: 3, chunkingMethod: 'aspect_ratio' }),
      }),
    'linear_cross_entropy twice': () => twiceBackward(chunked()),
    'LinearCrossEntropyOptions policy': () => chunked({ accPolicy: 'fast' as 'auto' }),
    'LinearCrossEntropyOptions method': () => chunked({ chunkingMethod: 'aspect_ratio:0' }),
    'LinearCrossEntropyOptions size': () => chunked({ batchChunkSize: 0 }),
    'LinearCrossEntropyOptions dtype': () => chunked({ accDtype: torch.int64 }),
  },
};
