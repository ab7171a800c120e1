/** For Jest: `setupFilesAfterEnv: ['nodetorch/testing/jest']`. */
import { setUpRunner } from './by_value';

setUpRunner();
