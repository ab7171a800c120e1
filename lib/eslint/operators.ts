// The methods that Python's operators are.

export const ARITHMETIC: Record<string, string> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'remainder', // the sign is the divisor's, as that of Python's %
  '**': 'pow',
  '&': 'bitwiseAnd',
  '|': 'bitwiseOr',
  '^': 'bitwiseXor',
  '<<': 'bitwiseLeftShift',
  '>>': 'bitwiseRightShift',
};
export const COMPARISON: Record<string, string> = {
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
  '==': 'eq',
  '!=': 'ne',
};
export const METHOD: Record<string, string> = { ...ARITHMETIC, ...COMPARISON };
export const UNARY: Record<string, string> = { '-': 'neg', '~': 'bitwiseNot', '+': 'item' };

/** For `number OPERATOR tensor`: the methods to call on the tensor, one after the other. The first gets the number. */
export const REFLECTED: Record<string, readonly string[]> = {
  '+': ['add'],
  '-': ['rsub'],
  '*': ['mul'],
  '/': ['mul', 'reciprocal'],
  '&': ['bitwiseAnd'],
  '|': ['bitwiseOr'],
  '^': ['bitwiseXor'],
  '<': ['gt'],
  '<=': ['ge'],
  '>': ['lt'],
  '>=': ['le'],
  '==': ['eq'],
  '!=': ['ne'],
};
