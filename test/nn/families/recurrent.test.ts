import { checkFamily } from '../check';
import { recurrent } from '../cases/recurrent';

checkFamily('recurrent', recurrent);
