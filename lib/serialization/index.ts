/** torch.serialization: what `torch.load` and `torch.save` know besides tensors and JavaScript's values. */
export { type MapLocation } from './map_location';
export { NDArray, NumpyDType, NumpyScalar } from './pickle/numpy';
export { PythonClass } from './pickle/global';
export { TypedStorage } from './pickle/storage';
export { toObject } from './plain';
export {
  ByteArray,
  Counter,
  DefaultDict,
  type FactoryName,
  Float,
  FrozenSet,
  OrderedDict,
  PythonObject,
  Size,
  Tuple,
  tuple,
} from './pickle/python_types';
export {
  type SafeClass,
  type SafeFunction,
  type SafeGlobal,
  addSafeGlobals,
  clearSafeGlobals,
  getSafeGlobals,
  safeGlobals,
} from './pickle/safe_globals';
export { UnpicklingError } from './io/errors';
