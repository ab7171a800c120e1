import { checkFamily } from '../check';
import { conv } from '../cases/conv';

checkFamily('conv', conv);
