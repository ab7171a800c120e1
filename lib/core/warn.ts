// Warnings, as Python's `warnings.warn`: each text is shown once.
export type WarningCategory = 'UserWarning' | 'FutureWarning' | 'DeprecationWarning';

const shown = new Set<string>();

/** Emits a process warning the first time that `message` occurs. */
export function warn(message: string, category: WarningCategory = 'UserWarning'): void {
  if (shown.has(message)) return;
  shown.add(message);
  process.emitWarning(message, category);
}
