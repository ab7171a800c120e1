// PyTorch's old names.
import type { Tensor } from '../../tensor';
import { warn } from '../../core/warn';
import { constant_, normal_, uniform_ } from './fill';
import { kaimingNormal_, kaimingUniform_, xavierNormal_, xavierUniform_ } from './scaled';
import { dirac_, eye_, orthogonal_, sparse_ } from './structured';

function deprecated<F extends (...args: never) => Tensor>(old: string, fn: F): F {
  const renamed = (...args: never): Tensor => {
    warn(`\`nn.init.${old}\` is now deprecated in favor of \`nn.init.${old}_\`.`, 'FutureWarning');
    return fn(...args);
  };
  return renamed as F;
}
/** @deprecated */
export const uniform = deprecated('uniform', uniform_);
/** @deprecated */
export const normal = deprecated('normal', normal_);
/** @deprecated */
export const constant = deprecated('constant', constant_);
/** @deprecated */
export const eye = deprecated('eye', eye_);
/** @deprecated */
export const dirac = deprecated('dirac', dirac_);
/** @deprecated */
export const xavierUniform = deprecated('xavier_uniform', xavierUniform_);
/** @deprecated */
export const xavierNormal = deprecated('xavier_normal', xavierNormal_);
/** @deprecated */
export const kaimingUniform = deprecated('kaiming_uniform', kaimingUniform_);
/** @deprecated */
export const kaimingNormal = deprecated('kaiming_normal', kaimingNormal_);
/** @deprecated */
export const orthogonal = deprecated('orthogonal', orthogonal_);
/** @deprecated */
export const sparse = deprecated('sparse', sparse_);
