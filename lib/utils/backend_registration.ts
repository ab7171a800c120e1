// Python's torch.utils.backend_registration.
import { bindArguments } from '../core/calls';
import { argumentError, checkText } from '../core/errors';
import { native } from '../native';

/**
 * Gives the type of devices that a library brings (`PrivateUse1`) its name, once in a process
 * (`torch.utils.rename_privateuse1_backend`). Most libraries do so themselves.
 *
 * @throws RuntimeError where it has another name already.
 */
export function renamePrivateuse1Backend(...args: [backendName: string]): void {
  const [name] = bindArguments('renamePrivateuse1Backend(backendName)', args);
  checkText('renamePrivateuse1Backend', 'backendName', name);
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw argumentError('renamePrivateuse1Backend', 'backendName', "a name such as 'npu'", name);
  }
  native.privateUse1(name);
}
