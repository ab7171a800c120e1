/** `tf.node` of tfjs-node, which is another package's: each says so. */
import { TorchError } from '../core/errors';

const names = [
  'loadSavedModel',
  'getMetaGraphsFromSavedModel',
  'getNumOfSavedModels',
  'decodeImage',
  'decodeJpeg',
  'decodePng',
  'decodeBmp',
  'decodeGif',
  'encodeJpeg',
  'encodePng',
  'tensorBoard',
  'summaryFileWriter',
];

type Refused = (...args: unknown[]) => never;

/** The functions of tfjs-node's `tf.node`. Each throws when it is called: `@nodetorch/tfjs-node` has them. */
export const node: Readonly<Record<string, Refused>> = Object.fromEntries(
  names.map((name) => [
    name,
    () => {
      throw new TorchError(`tf.node.${name}() is in another package: npm install @nodetorch/tfjs-node`);
    },
  ]),
);
