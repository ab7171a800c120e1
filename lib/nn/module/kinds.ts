// Kinds of arguments that are modules.
import { argumentError } from '../../core/errors';
import { type Argument, kind } from '../../core/kinds';
import { isModule } from './fields';
import type { Module } from './module';

/** @throws TypeError unless `value` is a module. */
function checkModule(fn: string, argument: string, value: unknown): void {
  if (!isModule(value)) throw argumentError(fn, argument, 'a Module', value);
}

export const module: <const N extends string>(name: N) => Argument<N, Module> = kind(checkModule);
