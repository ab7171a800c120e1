// Stands for the code of a case: the tester gives its own text.
export {};
