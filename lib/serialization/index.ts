/** torch.serialization: what `torch.load` and `torch.save` know besides tensors and JavaScript's values. */
export { type MapLocation } from './map_location';
export { NDArray, NumpyDType, NumpyScalar } from './numpy';
export { PythonClass } from './pickle_globals';
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
} from './python_types';
export {
  type SafeClass,
  type SafeFunction,
  type SafeGlobal,
  addSafeGlobals,
  clearSafeGlobals,
  getSafeGlobals,
  safeGlobals,
} from './safe_globals';
export { UnpicklingError } from './unpickling_error';
