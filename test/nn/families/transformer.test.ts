import { checkFamily } from '../check';
import { transformer } from '../cases/transformer';

checkFamily('transformer', transformer);
