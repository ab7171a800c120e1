import { checkFamily } from '../check';
import { padding } from '../cases/padding';

checkFamily('padding', padding);
