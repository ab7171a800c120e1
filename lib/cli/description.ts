// What the commands say of a file.
import type { Format } from '../serialization/format';

export interface TensorRow {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** The file of a sharded checkpoint. */
  readonly file?: string;
}

export interface Description {
  readonly file: string;
  readonly format: Format;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly tensors: readonly TensorRow[];
  /** What is no tensor, as text. */
  readonly values: readonly { readonly name: string; readonly type: string; readonly text: string }[];
}
