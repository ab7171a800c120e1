// The ways to prune that PyTorch has.
import * as aten from '../../../tensor/aten';
import { bindArguments } from '../../../core/calls';
import { TorchError } from '../../../core/errors';
import { value } from '../../../core/kinds';
import { type Call, signature } from '../../../core/signature';
import { sizeText } from '../../../core/size_text';
import { sameSize } from '../../../functional/reduction';
import { contiguousFormat } from '../../../core/layout';
import type { Tensor } from '../../../tensor';
import { tensor } from '../../../tensor/kinds';
import type { Module } from '../../module/module';
import { checkAmount, checkStructured, countOf, type Amount } from './amount';
import { BasePruningMethod, type ImportanceOptions } from './method';

/** What the methods take that prune elements. */
export interface AmountOptions {
  amount?: Amount;
}
/** Options of `prune.randomStructured`. */
export interface RandomStructuredOptions extends AmountOptions {
  /** The dimension of the slices. Default: -1. */
  dim?: number;
}
/** Options of `prune.lnStructured`. */
export interface LnStructuredOptions extends RandomStructuredOptions {
  /** Which norm of a slice counts; `'fro'` and `'nuc'` too. */
  n?: number | 'fro' | 'nuc';
}

const AMOUNT = value<Amount>()('amount');
const UNSTRUCTURED = signature('Unstructured', [AMOUNT], {});
const RANDOM_STRUCTURED = signature('RandomStructured', [AMOUNT], { dim: -1 });
type Norm = number | 'fro' | 'nuc';
const LN_STRUCTURED = signature('LnStructured', [AMOUNT, value<Norm>()('n')], { dim: -1 });
const CUSTOM_FROM_MASK = signature('CustomFromMask', [tensor('mask')], {});

/** Prunes nothing, and makes the parameter a pruned one. */
export class Identity extends BasePruningMethod {
  readonly PRUNING_TYPE = 'unstructured';

  constructor(...args: []) {
    bindArguments('Identity()', args);
    super();
  }
  override computeMask(_t: Tensor, defaultMask: Tensor): Tensor {
    return defaultMask;
  }
  static override apply(module: Module, name: string): BasePruningMethod {
    return super.apply(module, name);
  }
}

// Methods for elements: the mask without some places.
abstract class Unstructured extends BasePruningMethod {
  readonly PRUNING_TYPE = 'unstructured';
  readonly amount: Amount;

  constructor(...args: Call<typeof UNSTRUCTURED, [amount: Amount]>) {
    super();
    [this.amount] = UNSTRUCTURED.bind(args, new.target.name);
    checkAmount(this.amount);
  }
  /** Flat indices of the `count` elements to prune. */
  protected abstract choose(t: Tensor, count: number): Tensor;

  override computeMask(t: Tensor, defaultMask: Tensor): Tensor {
    const count = countOf(this.amount, t.numel());
    const mask = aten.clone(defaultMask, { memoryFormat: contiguousFormat });
    if (count > 0) aten.view(mask, [-1]).setAt([this.choose(t, count)], 0);
    return mask;
  }
}

/** Prunes random elements. */
export class RandomUnstructured extends Unstructured {
  protected override choose(t: Tensor, count: number): Tensor {
    return aten.topk(aten.view(aten.randLike(t), [-1]), count).indices;
  }
  static override apply(module: Module, name: string, amount: Amount | AmountOptions): BasePruningMethod {
    return super.apply(module, name, amount);
  }
}

/** Prunes the elements closest to zero. */
export class L1Unstructured extends Unstructured {
  protected override choose(t: Tensor, count: number): Tensor {
    return aten.topk(aten.view(aten.abs(t), [-1]), count, -1, false).indices;
  }
  static override apply(
    module: Module,
    name: string,
    amount: Amount | (AmountOptions & ImportanceOptions),
    options?: ImportanceOptions,
  ): BasePruningMethod {
    return super.apply(module, name, amount, ...(options ? [options] : []));
  }
}

// Methods for slices: zeros, with ones where `indices` of `dim` says.
function maskOf(t: Tensor, dim: number, indices: Tensor): Tensor {
  const places = new Array<Tensor | ':'>(t.dim()).fill(':');
  places[dim < 0 ? dim + t.dim() : dim] = indices;
  return aten.zerosLike(t).setAt(places, 1);
}

abstract class Structured extends BasePruningMethod {
  readonly PRUNING_TYPE = 'structured';

  constructor(
    readonly amount: Amount,
    override readonly dim: number,
  ) {
    super();
    checkAmount(amount);
  }
  /** Indices, or booleans, of the slices to keep. */
  protected abstract choose(t: Tensor, size: number, count: number): Tensor;

  override computeMask(t: Tensor, defaultMask: Tensor): Tensor {
    checkStructured(t, this.dim);
    const size = t.size(this.dim);
    const count = countOf(this.amount, size);
    const kept = this.choose(t, size, count);
    if (count === 0) return defaultMask;
    const mask = maskOf(t, this.dim, kept);
    return aten.mul_(mask, defaultMask.to(mask.dtype));
  }
}

/** Prunes random slices of a dimension. */
export class RandomStructured extends Structured {
  constructor(...args: Call<typeof RANDOM_STRUCTURED, [amount: Amount], [dim: number]>) {
    const [amount, { dim }] = RANDOM_STRUCTURED.bind(args);
    super(amount, dim);
  }
  protected override choose(_t: Tensor, size: number, count: number): Tensor {
    if (count === 0) return aten.empty([0]);
    const chance = aten.rand([size]);
    return aten.gt(chance, aten.kthvalue(chance, count).values);
  }
  static override apply(
    module: Module,
    name: string,
    amount: Amount | RandomStructuredOptions,
    dim?: number | RandomStructuredOptions,
  ): BasePruningMethod {
    return super.apply(module, name, amount, ...(dim === undefined ? [] : [dim]));
  }
}

/** Prunes the slices of a dimension with the smallest norm. */
export class LnStructured extends Structured {
  readonly n: number | 'fro' | 'nuc';

  constructor(...args: Call<typeof LN_STRUCTURED, [amount: Amount, n: Norm], [dim: number]>) {
    const [amount, n, { dim }] = LN_STRUCTURED.bind(args);
    super(amount, dim);
    this.n = n;
  }
  protected override choose(t: Tensor, size: number, count: number): Tensor {
    const dim = this.dim < 0 ? this.dim + t.dim() : this.dim;
    const others = [...t.shape.keys()].filter((d) => d !== dim);
    return aten.topk(t.norm(this.n, others), size - count).indices;
  }
  static override apply(
    module: Module,
    name: string,
    amount: Amount | (LnStructuredOptions & ImportanceOptions),
    n?: number | 'fro' | 'nuc' | (LnStructuredOptions & ImportanceOptions),
    dim?: number | (LnStructuredOptions & ImportanceOptions),
    options?: ImportanceOptions,
  ): BasePruningMethod {
    const rest = [n, dim, options].filter((argument) => argument !== undefined);
    return super.apply(module, name, amount, ...rest);
  }
}

/** Prunes by a mask that is given. */
export class CustomFromMask extends BasePruningMethod {
  readonly PRUNING_TYPE = 'global';

  readonly mask: Tensor;

  constructor(...args: Call<typeof CUSTOM_FROM_MASK, [mask: Tensor]>) {
    super();
    [this.mask] = CUSTOM_FROM_MASK.bind(args);
  }
  override computeMask(_t: Tensor, defaultMask: Tensor): Tensor {
    if (!sameSize(defaultMask, this.mask)) {
      throw new TorchError(
        `default_mask shape ${sizeText(defaultMask.shape)} must match self.mask shape ${sizeText(this.mask.shape)}`,
        'AssertionError',
      );
    }
    return aten.mul(defaultMask, this.mask.to(defaultMask.dtype));
  }
  static override apply(module: Module, name: string, mask: Tensor): BasePruningMethod {
    return super.apply(module, name, mask);
  }
}
