/** What is used of `@tensorflow/tfjs-layers`, and a model's layers that have weights. */

export interface Variable {
  /** Ends in the name that its layer gave it: `dense_Dense1/kernel`. */
  readonly originalName: string;
  readonly shape: (number | null)[];
  read(): object;
  write(value: never): unknown;
}

export interface Layer {
  readonly name: string;
  readonly weights: readonly Variable[];
  getClassName(): string;
  getConfig(): object;
}

/** A `tf.LayersModel`, a `tf.Sequential` too. */
export interface LayersModel {
  readonly layers: readonly Layer[];
}

/** A layer, or a recurrent layer's cell, and where its weights are in the state dict. */
export interface Leaf {
  readonly layer: Layer;
  readonly kind: string;
  /** Of its module, with a dot at the end unless it is the root. */
  readonly prefix: string;
  /** Of a recurrent layer. */
  readonly recurrent?: Recurrent;
}

/** Where a recurrent layer's weights are. */
export interface Recurrent {
  /** The layer's: a cell has none of the user's. */
  readonly name: string;
  /** At the end of each key of `nn`'s module. */
  readonly suffix: string;
  /** Before each key of a cell of `tfjs.RNN`, within the module. */
  readonly cell: string;
  /** All cells that run on each other, this one too. */
  readonly stack: readonly Layer[];
}

type Names = Readonly<Record<string, string>>;

/** Nested models and wrappers are looked into. Layers without weights are left out. */
export function leavesOf(model: LayersModel, names: Names, outer = ''): Leaf[] {
  return model.layers.flatMap((layer) => {
    const path = outer + (names[layer.name] ?? layer.name);
    return leavesIn(layer, path === '' ? '' : `${path}.`, names);
  });
}

function leavesIn(layer: Layer, prefix: string, names: Names): Leaf[] {
  if (layer.weights.length === 0) return [];
  const { layers, cell, layer: wrapped } = layer as Partial<LayersModel & { cell: Layer; layer: Layer }>;
  if (layers) return leavesOf(layer as Layer & LayersModel, names, prefix);
  const kind = layer.getClassName();
  if (kind === 'TimeDistributed') return leavesIn(wrapped!, prefix, names);
  if (kind !== 'Bidirectional') return cell ? cellsOf(layer, cell, prefix) : [{ layer, kind, prefix }];
  const { forwardLayer, backwardLayer } = layer as unknown as Record<string, Layer & { cell: Layer }>;
  return [
    ...cellsOf(forwardLayer, forwardLayer.cell, prefix, 'forwardLayer.'),
    ...cellsOf(backwardLayer, backwardLayer.cell, prefix, 'backwardLayer.', '_reverse'),
  ];
}

function cellsOf(layer: Layer, cell: Layer, prefix: string, direction = '', end = ''): Leaf[] {
  const stack = (cell as Partial<{ cells: Layer[] }>).cells ?? [cell];
  return stack.map((each, i) => ({
    layer: each,
    kind: each.getClassName(),
    prefix,
    recurrent: { name: layer.name, suffix: `_l${i}${end}`, cell: `${direction}cells.${i}.`, stack },
  }));
}

/** By the names that the layer gave them: `kernel`, `bias` ... */
export function weightsOf(layer: Layer): Map<string, Variable> {
  return new Map(layer.weights.map((variable) => [variable.originalName.split('/').at(-1)!, variable]));
}

export function configOf<T>(layer: Layer): Partial<T> {
  return layer.getConfig() as Partial<T>;
}
