/** Every rule, on code that it leaves alone and on code that it finds. One file: loading the types takes seconds. */
import fs from 'node:fs';
import path from 'node:path';
import { rules } from '../../lib/eslint/rules';
import './cases/no_tensor_operators';
import './cases/no_tensor_truthiness';
import './cases/no_fields_of_values';
import './cases/no_plain_module_array';
import './cases/state_order';
import './cases/no_floating_async';
import './cases/no_async_scope';
import './cases/no_snake_case';
import './cases/documentation';

test('every rule has cases', () => {
  const files = fs.readdirSync(path.join(__dirname, 'cases')).map((file) => file.replace('.ts', ''));
  const names = Object.keys(rules).map((name) => name.replaceAll('-', '_'));
  expect(files.sort()).toEqual([...names, 'documentation'].sort());
});
