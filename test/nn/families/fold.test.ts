import { checkFamily } from '../check';
import { fold } from '../cases/fold';

checkFamily('fold', fold);
