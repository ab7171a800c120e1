import { checkFamily } from '../check';
import { attention } from '../cases/attention';

checkFamily('attention', attention);
