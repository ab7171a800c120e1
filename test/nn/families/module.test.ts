import { checkFamily } from '../check';
import { base } from '../cases/module';

checkFamily('module', base);
