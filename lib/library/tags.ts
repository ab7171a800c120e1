import { argumentError } from '../core/errors';
import { native } from '../native';

const NAMES = [
  'core',
  'cudagraph_unsafe',
  'data_dependent_output',
  'dynamic_output_shape',
  'flexible_layout',
  'generated',
  'inplace',
  'inplace_view',
  'maybe_aliasing_or_mutating',
  'needs_contiguous_strides',
  'needs_exact_strides',
  'needs_fixed_stride_order',
  'nondeterministic_bitwise',
  'nondeterministic_seeded',
  'out',
  'out_variant',
  'pointwise',
  'pt2_compliant_tag',
  'reduction',
  'view_copy',
] as const;

/** What an operator says of itself beyond its schema; spelled as in PyTorch. */
export type Tag = (typeof NAMES)[number];

/**
 * The tags of operators (`torch.Tag`).
 *
 * @example
 * torch.library.define('mylib::noise', '(Tensor x) -> Tensor', { tags: [torch.Tag.nondeterministic_seeded] });
 */
export const Tag = Object.freeze(Object.fromEntries(NAMES.map((name) => [name, name]))) as Readonly<{
  [Name in Tag]: Name;
}>;

/** One or several, in a list. */
export function tagList(fn: string, tags: unknown): Tag[] {
  const list: unknown[] = Array.isArray(tags) ? tags : [tags];
  const wrong = list.findIndex((tag) => typeof tag !== 'string' || !Object.hasOwn(Tag, tag));
  if (wrong >= 0) throw argumentError(fn, 'tags', 'names of torch.Tag', list[wrong]);
  return list as Tag[];
}

export const tagsOf = (name: string, overload: string): Tag[] => native.tagsOf(name, overload) as Tag[];
