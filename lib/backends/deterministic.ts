// Whether operators must give the same bits each time.
import { bindArguments } from '../core/calls';
import { TorchError, TorchTypeError, argumentError } from '../core/errors';
import { value } from '../core/kinds';
import { signature } from '../core/signature';
import { native } from '../native';

const DETERMINISTIC = signature(
  'useDeterministicAlgorithms',
  [value<boolean>()('mode')],
  { warnOnly: false },
  [],
);
// The addon does not tell this one of the two.
let warnsOnly = false;

/** Makes operators without a deterministic form raise an error. */
export function useDeterministicAlgorithms(...args: [mode: boolean, options?: { warnOnly?: boolean }]): void {
  const [mode, { warnOnly }] = DETERMINISTIC.bind(args);
  if (typeof mode !== 'boolean') throw argumentError(DETERMINISTIC.name, 'mode', 'a boolean', mode);
  native.deterministic(mode, warnOnly);
  warnsOnly = warnOnly;
}
/** Whether {@link useDeterministicAlgorithms} is on. */
export function areDeterministicAlgorithmsEnabled(...args: []): boolean {
  bindArguments('areDeterministicAlgorithmsEnabled()', args);
  return native.deterministic();
}
/**
 * Whether operators without a deterministic form warn instead of raising an error, as the last call on this thread has
 * said: `torch.is_deterministic_algorithms_warn_only_enabled`.
 */
export function isDeterministicAlgorithmsWarnOnlyEnabled(...args: []): boolean {
  bindArguments('isDeterministicAlgorithmsWarnOnlyEnabled()', args);
  return warnsOnly;
}

const modes = ['default', 'warn', 'error'] as const;
/** What operators without a deterministic form do: nothing, warn, or raise an error. */
export type DeterministicDebugMode = (typeof modes)[number] | 0 | 1 | 2;

/**
 * {@link useDeterministicAlgorithms} by a word or a number: `torch.set_deterministic_debug_mode`.
 *
 * @throws RuntimeError for another word or number, and TypeError for what is neither.
 */
export function setDeterministicDebugMode(...args: [debugMode: DeterministicDebugMode]): void {
  const [debugMode] = bindArguments('setDeterministicDebugMode(debugMode)', args);
  if (typeof debugMode !== 'number' && typeof debugMode !== 'string')
    throw new TorchTypeError(`debug_mode must be str or int, but got ${typeof debugMode}`);
  const mode = typeof debugMode === 'string' ? modes.indexOf(debugMode) : debugMode;
  if (modes[mode] === undefined) {
    throw new TorchError(
      typeof debugMode === 'string'
        ? `invalid value of debug_mode, expected one of \`default\`, \`warn\`, \`error\`, but got ${debugMode as string}`
        : `invalid value of debug_mode, expected 0, 1, or 2, but got ${debugMode as number}`,
    );
  }
  useDeterministicAlgorithms(mode > 0, { warnOnly: mode === 1 });
}

/** 0, 1 or 2, as {@link setDeterministicDebugMode} takes them: `torch.get_deterministic_debug_mode`. */
export function getDeterministicDebugMode(...args: []): 0 | 1 | 2 {
  bindArguments('getDeterministicDebugMode()', args);
  if (!native.deterministic()) return 0;
  return warnsOnly ? 1 : 2;
}
