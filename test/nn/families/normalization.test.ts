import { checkFamily } from '../check';
import { normalization } from '../cases/normalization';

checkFamily('normalization', normalization);
