// From query, key and value to what attention compares.
import * as aten from '../../tensor/aten';
import { repr } from '../../tensor/repr';
import type { Tensor } from '../../tensor';
import { check, printSizes, sameSizes } from './checks';

type QKV = [q: Tensor, k: Tensor, v: Tensor];

// One product for several: `(*, n E)` to n of `(*, E)`, each contiguous.
function unpacked(product: Tensor, n: number, features: number): Tensor[] {
  const parts = aten.unsqueeze(aten.unflatten(product, -1, [n, features]), 0);
  const first = aten.squeeze(aten.transpose(parts, 0, -2), -2).contiguous();
  return Array.from({ length: n }, (_, i) => aten.select(first, 0, i));
}

/** Projects by one weight `(3 E, E)`, in as few products as the arguments allow. */
export function projectPacked(q: Tensor, k: Tensor, v: Tensor, w: Tensor, b: Tensor | null): QKV {
  const features = q.size(-1);
  if (!k.is(v)) {
    const weights = aten.chunk(w, 3);
    const biases = b === null ? [null, null, null] : aten.chunk(b, 3);
    return [q, k, v].map((input, i) => aten.linear(input, weights[i], biases[i])) as QKV;
  }
  if (q.is(k)) return unpacked(aten.linear(q, w, b), 3, features) as QKV;
  const sizes = [features, features * 2];
  const [wq, wkv] = aten.splitWithSizes(w, sizes);
  const [bq, bkv] = b === null ? [null, null] : aten.splitWithSizes(b, sizes);
  const query = aten.linear(q, wq, bq);
  return [query, ...unpacked(aten.linear(k, wkv, bkv), 2, features)] as QKV;
}

/** Projects by a weight for each: `(E, E)`, `(E, kdim)`, `(E, vdim)`. */
export function projectSeparately(inputs: QKV, weights: QKV, bias: Tensor | null): QKV {
  const names = ['query', 'key', 'value'];
  const features = inputs[0].size(-1);
  inputs.forEach((input, i) => {
    const expected = [features, input.size(-1)];
    const { shape } = weights[i];
    check(
      sameSizes(shape, expected),
      () => `expecting ${names[i]} weights shape of ${repr(expected)}, but got ${printSizes(shape)}`,
    );
  });
  const biases = bias === null ? [null, null, null] : aten.chunk(bias, 3);
  biases.forEach((each, i) =>
    check(
      each === null || sameSizes(each.shape, [features]),
      () => `expecting ${names[i]} bias shape of ${repr([features])}, but got ${printSizes(each!.shape)}`,
    ),
  );
  return inputs.map((input, i) => aten.linear(input, weights[i], biases[i])) as QKV;
}
