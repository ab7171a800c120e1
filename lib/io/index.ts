/** `torch.io`: files of data: images, tables, and numpy's arrays. */
export { type ArrowOptions, type ArrowTable, type ArrowVector, readArrow } from './arrow';
export { type ImageMode, type ImageOptions, decodeImage, readImage } from './image';
export { type LoadNpyOptions, type NumpyFile, loadNpy, saveNpy } from './npy';
export { type LoadNpzOptions, type NamedTensors, loadNpz, saveNpz } from './npz';
export { type ParquetOptions, parquetBatches, readParquet } from './parquet';
export type { Column, Table } from './table';
export { type CsvOptions, type TableFile, csvRows, jsonLines, readCsv, readJsonLines } from './text_files';
