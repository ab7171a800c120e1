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
  /** Of the keys of recurrent weights. */
  readonly suffix: string;
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
  if (kind !== 'Bidirectional') return [recurrentOr(layer, kind, cell, prefix, '_l0')];
  const { forwardLayer, backwardLayer } = layer as unknown as Record<string, Layer & { cell: Layer }>;
  return [
    recurrentOr(forwardLayer, kind, forwardLayer.cell, prefix, '_l0'),
    recurrentOr(backwardLayer, kind, backwardLayer.cell, prefix, '_l0_reverse'),
  ];
}

function recurrentOr(
  layer: Layer,
  kind: string,
  cell: Layer | undefined,
  prefix: string,
  suffix: string,
): Leaf {
  // A cell has no name of the user's.
  if (!cell) return { layer, kind, prefix, suffix: '' };
  return { layer, kind: cell.getClassName(), prefix, suffix };
}

/** By the names that the layer gave them: `kernel`, `bias` ... */
export function weightsOf(layer: Layer): Map<string, Variable> {
  return new Map(layer.weights.map((variable) => [variable.originalName.split('/').at(-1)!, variable]));
}

export function configOf<T>(layer: Layer): Partial<T> {
  return layer.getConfig() as Partial<T>;
}
