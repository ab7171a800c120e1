import { checkFamily } from '../check';
import { pooling } from '../cases/pooling';

checkFamily('pooling', pooling);
