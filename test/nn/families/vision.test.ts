import { checkFamily } from '../check';
import { vision } from '../cases/vision';

checkFamily('vision', vision);
