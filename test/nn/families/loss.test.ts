import { checkFamily } from '../check';
import { loss } from '../cases/loss';

checkFamily('loss', loss);
