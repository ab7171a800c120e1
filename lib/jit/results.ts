// What becomes of objects that functions of TorchScript give.
import { native } from '../native';
import { registerOtherObjects } from '../tensor/script_object';
import { scriptModule } from './script_module';
import { ScriptValue } from './script_value';

registerOtherObjects((className, handle) => {
  const isModule = native.scriptDescribe(handle).kind === 'module';
  return isModule ? scriptModule(handle, false) : new ScriptValue(className, handle);
});
