import { checkFamily } from '../check';
import { container } from '../cases/container';

checkFamily('container', container);
