/** Reading images between their pixels. */
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';

/**
 * The values of `images` (`[batch, height, width, channels]`) at the places `y`, `x` (`[n, rows, columns]`), where the
 * number of the image is in `of` (`[n]`). With `mode` `'fill'`, a place outside of the image has the value `fill`. With
 * `'edge'` all places are inside; at most a pixel just behind the last one is asked for, and it has weight 0.
 */
export function sampled(
  images: Tensor,
  of: Tensor,
  y: Tensor,
  x: Tensor,
  method: string,
  fill: number,
  mode: 'fill' | 'edge',
): Tensor {
  const [, height, width, channels] = images.shape;
  const flat = images.reshape([-1, channels]);
  const first = of
    .to({ dtype: 'int64' })
    .reshape([-1, 1, 1])
    .mul(height * width);
  const read = (row: Tensor, column: Tensor): Tensor => {
    const outside = row.lt(0).logicalOr(row.ge(height)).logicalOr(column.lt(0)).logicalOr(column.ge(width));
    const place = row
      .nanToNum()
      .clamp(0, height - 1)
      .to({ dtype: 'int64' })
      .mul(width);
    const at = place
      .add(
        column
          .nanToNum()
          .clamp(0, width - 1)
          .to({ dtype: 'int64' }),
      )
      .add(first);
    const values = flat.indexSelect(0, at.flatten()).reshape([...at.shape, channels]);
    return mode === 'fill' ? values.maskedFill(outside.unsqueeze(3), fill) : values;
  };
  if (method === 'nearest') return read(rounded(y), rounded(x));
  const [top, left] = [y.floor(), x.floor()];
  const [down, right] = [y.sub(top), x.sub(left)].map((part) => part.unsqueeze(3).to({ dtype: 'float32' }));
  const mix = (a: Tensor, b: Tensor, part: Tensor): Tensor => a.mul(part.neg().add(1)).add(b.mul(part));
  const above = mix(read(top, left), read(top, left.add(1)), right);
  const below = mix(read(top.add(1), left), read(top.add(1), left.add(1)), right);
  return mix(above, below, down);
}

/** As Math.round does: halves go up. */
export const rounded = (x: Tensor): Tensor => x.add(0.5).floor();

/** Places outside of `length` pixels, brought inside by a fill mode. */
export function mapped(place: Tensor, length: number, mode: string): Tensor {
  if (mode === 'nearest') return place.clamp(0, length - 1);
  if (mode !== 'reflect' && mode !== 'wrap') return place;
  const inside = place.ge(0).logicalAnd(place.le(length - 1));
  if (length <= 1) return aten.where(inside, place, 0).to({ dtype: 'float64' });
  const moved = mode === 'reflect' ? reflected(place, length) : wrapped(place, length);
  return aten.where(inside, place, moved).clamp(0, length - 1);
}

function reflected(place: Tensor, length: number): Tensor {
  const period = 2 * length;
  const low = place.neg().div(period).trunc().mul(period).add(place);
  const negative = aten.where(low.lt(-length), low.add(period), low.neg().sub(1));
  const high = place.sub(place.div(period).trunc().mul(period));
  const positive = aten.where(high.ge(length), high.neg().add(period - 1), high);
  return aten.where(place.lt(0), negative, positive);
}

function wrapped(place: Tensor, length: number): Tensor {
  const last = length - 1;
  const negative = place.add(place.neg().div(last).trunc().add(1).mul(length));
  const positive = place.sub(place.div(last).trunc().mul(length));
  return aten.where(place.lt(0), negative, positive);
}
