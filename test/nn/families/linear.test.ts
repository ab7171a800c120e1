import { checkFamily } from '../check';
import { linear } from '../cases/linear';

checkFamily('linear', linear);
