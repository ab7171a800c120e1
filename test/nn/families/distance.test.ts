import { checkFamily } from '../check';
import { distance } from '../cases/distance';

checkFamily('distance', distance);
