/** The functions of `tf.node`. */
import { tensorBoard } from './callbacks';
import { decodeBmp, decodeGif, decodeImage, decodeJpeg, decodePng, encodeJpeg, encodePng } from './image';
import { getMetaGraphsFromSavedModel, getNumOfSavedModels, loadSavedModel } from './saved_model';
import { summaryFileWriter } from './tensorboard';

export const node = {
  decodeImage,
  decodeBmp,
  decodeGif,
  decodePng,
  decodeJpeg,
  encodeJpeg,
  encodePng,
  summaryFileWriter,
  tensorBoard,
  getMetaGraphsFromSavedModel,
  getNumOfSavedModels,
  loadSavedModel,
};
