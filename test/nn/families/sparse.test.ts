import { checkFamily } from '../check';
import { sparse } from '../cases/sparse';

checkFamily('sparse', sparse);
