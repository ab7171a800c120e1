// A moderate number of random programs; `npm run fuzz:capture` runs more.
import { comparePrograms } from './compare';

test('random programs have the same bits when they are captured', () => {
  const { replayed, refused } = comparePrograms(1, 150);
  expect(replayed + refused).toBe(150);
  expect(replayed).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(0);
});
