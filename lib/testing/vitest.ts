/** For Vitest: `setupFiles: ['nodetorch/testing/vitest']`. */
import { setUpRunner } from './by_value';

setUpRunner();
