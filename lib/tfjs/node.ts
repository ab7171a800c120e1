/** What `tf.node` of tfjs-node has and libtorch has nothing for: each says what to use instead. */
import { TorchError } from '../core/errors';

const instead: Record<string, string> = {
  loadSavedModel:
    'convert the SavedModel to a tfjs model with tensorflowjs_converter, and load its model.json',
  getMetaGraphsFromSavedModel: 'read the SavedModel in Python',
  unloadAllSavedModels: 'there are none',
  decodeImage: "decode with an image library, such as 'sharp', and make a tensor of its pixels",
  decodeJpeg: "decode with an image library, such as 'sharp', and make a tensor of its pixels",
  decodePng: "decode with an image library, such as 'sharp', and make a tensor of its pixels",
  decodeBmp: "decode with an image library, such as 'sharp', and make a tensor of its pixels",
  decodeGif: "decode with an image library, such as 'sharp', and make a tensor of its pixels",
  encodeJpeg: "encode tensor.data() with an image library, such as 'sharp'",
  encodePng: "encode tensor.data() with an image library, such as 'sharp'",
  tensorBoard: 'log from the callbacks of fit()',
  summaryFileWriter: 'log from the callbacks of fit()',
};

type Refused = (...args: unknown[]) => never;

/** Functions of tfjs-node's `tf.node` that nodetorch does not have. Each throws when it is called. */
export const node: Readonly<Record<string, Refused>> = Object.fromEntries(
  Object.entries(instead).map(([name, advice]) => [
    name,
    () => {
      throw new TorchError(`tf.node.${name}() is not part of nodetorch: ${advice}`);
    },
  ]),
);
