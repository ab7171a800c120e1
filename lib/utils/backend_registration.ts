// Python's torch.utils.backend_registration.
import { bindArguments } from '../core/calls';
import { checkText } from '../core/errors';
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
  native.privateUse1(name);
}
