import { TorchTypeError, checkOptions } from '../../core/errors';
import { bindArguments } from '../../core/calls';
import { repr } from '../../tensor/repr';

const simple = ['device', 'dtype', 'memoryFormat'] as const;

/** What tensors are made with. */
export type FactoryKwargs = Partial<Record<(typeof simple)[number], unknown>>;

/**
 * The keywords for tensors that a module makes: `device`, `dtype` and `memoryFormat`, and those in
 * `factoryKwargs`.
 *
 * @throws TypeError for any other keyword, and for one in both places.
 */
export function factoryKwargs(
  ...args: [kwargs?: (FactoryKwargs & { factoryKwargs?: FactoryKwargs }) | null]
): FactoryKwargs {
  const [kwargs] = bindArguments('factoryKwargs(kwargs{}?)', args);
  if (kwargs == null) return {};
  checkOptions('factoryKwargs', kwargs);
  if (kwargs.factoryKwargs != null) checkOptions('factoryKwargs', kwargs.factoryKwargs);
  const unexpected = Object.keys(kwargs).filter((key) => ![...simple, 'factoryKwargs'].includes(key));
  if (unexpected.length > 0)
    throw new TorchTypeError(`unexpected kwargs {${unexpected.map(repr).join(', ')}}`);
  const result: FactoryKwargs = { ...kwargs.factoryKwargs };
  for (const key of simple) {
    if (!(key in kwargs)) continue;
    if (key in result) throw new TorchTypeError(`${key} specified twice, in **kwargs and in factory_kwargs`);
    result[key] = kwargs[key];
  }
  return result;
}
