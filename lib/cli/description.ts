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

/** Of a program of `torch.export`. */
export interface ProgramDescription {
  readonly torchVersion: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly ranges: readonly string[];
  readonly nodes: number;
  /** How often each is called. */
  readonly operators: Readonly<Record<string, number>>;
  readonly code: string;
}

export interface Description {
  readonly file: string;
  readonly format: Format | 'pt2' | 'npz';
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly tensors: readonly TensorRow[];
  readonly program?: ProgramDescription;
  /** What is no tensor, as text. */
  readonly values: readonly { readonly name: string; readonly type: string; readonly text: string }[];
}
