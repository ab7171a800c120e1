// What asks TypeScript about the sources. One file, since loading their types takes seconds; the first sets the program.
import './types/quick_info';
import './types/comments';
