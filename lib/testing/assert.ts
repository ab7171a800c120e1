/** For node:assert and `util.isDeepStrictEqual`, under any test runner: `import 'nodetorch/testing/assert'`. */
import { compareByValue } from './by_value';

compareByValue();
