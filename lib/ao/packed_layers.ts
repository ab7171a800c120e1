// The weights of recurrent layers in the order that fbgemm reads them in.
import { type DType, qint8 } from '../core/dtype';
import type { GRU } from '../nn/layers/recurrent/rnn';
import type { LSTM } from '../nn/layers/recurrent/lstm';
import { Module } from '../nn/module/module';
import type { LoadFromStateDictArguments, StateDict } from '../nn/module/state_dict';
import { ops } from '../tensor/operators';
import type { Tensor } from '../tensor';
import type { ScriptObject } from '../tensor/script_object';
import { packWeight } from './packed_params';
import { type WeightShape, cellFrom, takePacked } from './packed_state';

/** Python's module of this name: the weights of a recurrent layer and direction. */
export class PackedParameter extends Module<[Tensor], Tensor> {
  param: ScriptObject;

  /** @internal `shapes` are those of the weights, of the input and of the state. */
  constructor(
    param: ScriptObject,
    readonly shapes: readonly WeightShape[],
  ) {
    super();
    this.param = param;
  }
  override forward(input: Tensor): Tensor {
    return input;
  }
  override _saveToStateDict(destination: StateDict, prefix: string, keepVars: boolean): void {
    super._saveToStateDict(destination, prefix, keepVars);
    (destination as unknown as Map<string, unknown>).set(`${prefix}param`, this.param);
  }
  override _loadFromStateDict(...args: LoadFromStateDictArguments): void {
    const [state, prefix, , , missing, , errors] = args;
    const key = `${prefix}param`;
    takePacked(state, key, missing, errors, (found) => (this.param = cellFrom(found, this.shapes, key)));
  }
}

/** The weights of each layer and direction. */
export function packedLayers(layer: LSTM | GRU, dtype: DType): PackedParameter[] {
  const of = new Map<string, Tensor>(layer.namedParameters());
  const suffixes = layer.bidirectional ? ['', '_reverse'] : [''];
  const shapeOf = (name: string): WeightShape => of.get(name)!.shape as unknown as WeightShape;
  return Array.from({ length: layer.numLayers }, (_, i) => i).flatMap((i) =>
    suffixes.map((suffix) => {
      const packed = (['ih', 'hh'] as const).map((which) => {
        const bias = of.get(`bias_${which}_l${i}${suffix}`)!.detach();
        return [packWeight(of.get(`weight_${which}_l${i}${suffix}`)!, bias, dtype), bias] as const;
      });
      const [[ih, bias], [hh, biasOfState]] = packed;
      const { make_quantized_cell_params_dynamic: inInt8, make_quantized_cell_params_fp16: inFloat16 } =
        ops.quantized;
      const cell = dtype === qint8 ? inInt8(ih, hh, bias, biasOfState, true) : inFloat16(ih, hh);
      const shapes = (['ih', 'hh'] as const).map((which) => shapeOf(`weight_${which}_l${i}${suffix}`));
      return new PackedParameter(cell as ScriptObject, shapes);
    }),
  );
}
