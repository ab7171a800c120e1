// Wrong arguments, where Python's message depends on the order of a set. All others are rows of the families.
import { nn } from 'nodetorch';

test('names of options', () => {
  expect(() => new nn.Conv2d(1, 1, 1, { padding: 'full' as 'same' })).toThrow(
    "Invalid padding string 'full', should be one of {'same', 'valid'}",
  );
  expect(() => new nn.Conv2d(1, 1, 1, { paddingMode: 'mirror' as 'reflect' })).toThrow(
    "padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got padding_mode='mirror'",
  );
});
