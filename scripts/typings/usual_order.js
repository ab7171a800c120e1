'use strict';
// The order of an operator's overloads in the typings. An editor shows the first one, so it is the one that people
// write. The addon's own order is that in which a call is matched at run time.

// By the names of overloads, '' for the one without; those that are not named follow. In-place forms go with their
// operator.
const usual = {
  all: ['', 'dim', 'dims'],
  any: ['', 'dim', 'dims'],
  argsort: ['', 'stable'],
  bernoulli_: ['float', 'Tensor'],
  clamp: ['', 'Tensor'],
  clamp_max: ['', 'Tensor'],
  clamp_min: ['', 'Tensor'],
  clip: ['', 'Tensor'],
  cumulative_trapezoid: ['dx', 'x'],
  fill: ['Scalar', 'Tensor'],
  float_power: ['Tensor_Scalar', 'Tensor_Tensor'],
  gradient: ['scalarint'],
  gru: ['input', 'data'],
  histogram: ['bin_ct', 'bins_tensor'],
  index_fill: ['int_Scalar', 'int_Tensor'],
  lerp: ['Scalar', 'Tensor'],
  linalg_matrix_norm: ['str_ord', ''],
  linalg_matrix_rank: ['atol_rtol_float'],
  linalg_pinv: ['atol_rtol_float'],
  linspace: [''],
  logspace: [''],
  lstm: ['input', 'data'],
  masked_fill: ['Scalar', 'Tensor'],
  max: ['', 'dim', 'other'],
  min: ['', 'dim', 'other'],
  nanquantile: ['scalar', ''],
  narrow: ['', 'Tensor'],
  normal: ['float_float', 'Tensor_Tensor'],
  pow: ['Tensor_Scalar', 'Tensor_Tensor'],
  quantile: ['scalar', ''],
  randint_like: ['', 'low_dtype'],
  repeat_interleave: ['self_int', 'self_Tensor'],
  rnn_relu: ['input', 'data'],
  rnn_tanh: ['input', 'data'],
  sort: ['', 'stable'],
  std: ['correction', 'dim', ''],
  std_mean: ['correction', 'dim', ''],
  tensor_split: ['sections', 'indices'],
  trapezoid: ['dx', 'x'],
  var: ['correction', 'dim', ''],
  var_mean: ['correction', 'dim', ''],
  view: ['', 'dtype'],
  view_copy: ['', 'dtype'],
  where: ['self', 'ScalarOther', 'ScalarSelf', 'Scalar', ''],
};

const overloadOf = ({ schemas }) => /^[^(]*?(?:\.(\w+))?\(/.exec(schemas[0])[1] ?? '';

/** The signatures of an operator, most used first. */
function usualOrder(name, signatures) {
  const order = usual[name] ?? usual[name.replace(/_$/, '')] ?? [];
  // A number before a tensor, `pow(2, x)`, is rarer than the same function of tensors.
  const startsWithNumber = ({ positional }) => positional.length > 1 && positional[0].type === 'Scalar';
  const rank = (signature) => {
    const found = order.indexOf(overloadOf(signature));
    return found < 0 ? order.length + (startsWithNumber(signature) ? 1 : 0) : found;
  };
  return [...signatures].sort((a, b) => rank(a) - rank(b));
}

module.exports = { usualOrder };
