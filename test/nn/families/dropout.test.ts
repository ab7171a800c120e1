import { checkFamily } from '../check';
import { dropout } from '../cases/dropout';

checkFamily('dropout', dropout);
