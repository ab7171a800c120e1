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
/**
 * Old name of {@link uniform_}.
 *
 * @deprecated
 */
export const uniform = deprecated('uniform', uniform_);
/**
 * Old name of {@link normal_}.
 *
 * @deprecated
 */
export const normal = deprecated('normal', normal_);
/**
 * Old name of {@link constant_}.
 *
 * @deprecated
 */
export const constant = deprecated('constant', constant_);
/**
 * Old name of {@link eye_}.
 *
 * @deprecated
 */
export const eye = deprecated('eye', eye_);
/**
 * Old name of {@link dirac_}.
 *
 * @deprecated
 */
export const dirac = deprecated('dirac', dirac_);
/**
 * Old name of {@link xavierUniform_}.
 *
 * @deprecated
 */
export const xavierUniform = deprecated('xavier_uniform', xavierUniform_);
/**
 * Old name of {@link xavierNormal_}.
 *
 * @deprecated
 */
export const xavierNormal = deprecated('xavier_normal', xavierNormal_);
/**
 * Old name of {@link kaimingUniform_}.
 *
 * @deprecated
 */
export const kaimingUniform = deprecated('kaiming_uniform', kaimingUniform_);
/**
 * Old name of {@link kaimingNormal_}.
 *
 * @deprecated
 */
export const kaimingNormal = deprecated('kaiming_normal', kaimingNormal_);
/**
 * Old name of {@link orthogonal_}.
 *
 * @deprecated
 */
export const orthogonal = deprecated('orthogonal', orthogonal_);
/**
 * Old name of {@link sparse_}.
 *
 * @deprecated
 */
export const sparse = deprecated('sparse', sparse_);
