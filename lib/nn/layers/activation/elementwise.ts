// Activations that have no number to choose.
import * as F from '../../../functional';
import type { GeluApproximation } from '../../../functional';
import { GELU as GELU_DEFAULTS, INPLACE } from '../../../functional/activation/elementwise';
import { type Call, signature } from '../../../core/signature';
import type { Tensor } from '../../../tensor';
import { Module } from '../../module/module';
import { repr } from '../../../tensor/repr';

/** What `extraRepr` adds for `inplace`. */
export const reprInplace = (inplace: boolean): string => (inplace ? ', inplace=True' : '');

const MAYBE_INPLACE = signature('MaybeInplace', [], INPLACE);

abstract class MaybeInplace extends Module<[Tensor], Tensor> {
  readonly inplace: boolean;

  constructor(...args: Call<typeof MAYBE_INPLACE, [], [inplace: boolean]>) {
    super();
    const [{ inplace }] = MAYBE_INPLACE.bind(args, new.target.name);
    this.inplace = inplace;
  }
}

abstract class PrintsInplace extends MaybeInplace {
  override extraRepr(): string {
    return this.inplace ? 'inplace=True' : '';
  }
}

/** `max(0, x)`, element by element. Any shape. */
export class ReLU extends PrintsInplace {
  override forward(input: Tensor): Tensor {
    return F.relu(input, { inplace: this.inplace });
  }
}

/**
 * `s (max(0, x) + min(0, a (exp(x) - 1)))`, where `s` and `a` keep mean and variance (Klambauer et al., 2017).
 * Any shape.
 */
export class SELU extends PrintsInplace {
  override forward(input: Tensor): Tensor {
    return F.selu(input, { inplace: this.inplace });
  }
}

/** `x sigmoid(x)`, also called swish (Hendrycks and Gimpel, 2016). Any shape. */
export class SiLU extends PrintsInplace {
  override forward(input: Tensor): Tensor {
    return F.silu(input, { inplace: this.inplace });
  }
}

/** `x tanh(softplus(x))` (Misra, 2019). Any shape. */
export class Mish extends PrintsInplace {
  override forward(input: Tensor): Tensor {
    return F.mish(input, { inplace: this.inplace });
  }
}

/** `min(max(0, x + 3), 6) / 6`: the sigmoid by straight lines. Any shape. */
export class Hardsigmoid extends MaybeInplace {
  override forward(input: Tensor): Tensor {
    return F.hardsigmoid(input, { inplace: this.inplace });
  }
}

/** `x hardsigmoid(x)` (Howard et al., 2019). Any shape. */
export class Hardswish extends MaybeInplace {
  override forward(input: Tensor): Tensor {
    return F.hardswish(input, { inplace: this.inplace });
  }
}

const GELU_MODULE = signature('GELU', [], GELU_DEFAULTS);

/** `x Φ(x)`, with Φ the distribution function of the standard normal. Any shape. */
export class GELU extends Module<[Tensor], Tensor> {
  readonly approximate: GeluApproximation;

  constructor(...args: Call<typeof GELU_MODULE, [], [approximate: GeluApproximation]>) {
    super();
    const [{ approximate }] = GELU_MODULE.bind(args);
    this.approximate = approximate;
  }
  override forward(input: Tensor): Tensor {
    return F.gelu(input, { approximate: this.approximate });
  }
  override extraRepr(): string {
    return `approximate=${repr(this.approximate)}`;
  }
}

/** `1 / (1 + exp(-x))`, element by element. Any shape. */
export class Sigmoid extends Module<[Tensor], Tensor> {
  override forward(input: Tensor): Tensor {
    return F.sigmoid(input);
  }
}

/** `log(1 / (1 + exp(-x)))`. Any shape. */
export class LogSigmoid extends Module<[Tensor], Tensor> {
  override forward(input: Tensor): Tensor {
    return F.logsigmoid(input);
  }
}

/** The hyperbolic tangent, element by element. Any shape. */
export class Tanh extends Module<[Tensor], Tensor> {
  override forward(input: Tensor): Tensor {
    return F.tanh(input);
  }
}

/** `x - tanh(x)`. Any shape. */
export class Tanhshrink extends Module<[Tensor], Tensor> {
  override forward(input: Tensor): Tensor {
    return F.tanhshrink(input);
  }
}

/** `x / (1 + |x|)`. Any shape. */
export class Softsign extends Module<[Tensor], Tensor> {
  override forward(input: Tensor): Tensor {
    return F.softsign(input);
  }
}
