// A name for devices that no library brings changes nothing.
import { lastLine, runChild } from './support/child';

test('a process in which devices have a name alone goes on', () => {
  const child = runChild('accelerator_name_child.ts', []);
  expect({ code: child.code, err: child.code === 0 ? '' : child.err }).toEqual({ code: 0, err: '' });
  expect(lastLine(child)).toEqual({
    refused:
      "TypeError: renamePrivateuse1Backend(): argument 'backendName' must be a name such as 'npu', not string ''",
    available: false,
    count: 0,
    gradient: [1, 1],
  });
});
