import { checkFamily } from '../check';
import { activation } from '../cases/activation';

checkFamily('activation', activation);
