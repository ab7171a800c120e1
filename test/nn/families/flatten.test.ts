import { checkFamily } from '../check';
import { flatten } from '../cases/flatten';

checkFamily('flatten', flatten);
