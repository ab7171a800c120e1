// Modules that keep neither what they are given nor what they give, whatever their options.
import * as activations from './activation/elementwise';
import * as activationOptions from './activation/parametric';
import * as rectifiers from './activation/rectifiers';
import * as softmaxes from './activation/softmax';
import * as adaptivePooling from './pooling/adaptive_pooling';
import * as batchnorm from './norm/batchnorm';
import * as convolutions from './conv/conv';
import * as transposed from './conv/conv_transpose';
import * as dropouts from './dropout';
import * as flatten from './flatten';
import * as instancenorm from './norm/instancenorm';
import { Identity, Linear } from './linear';
import type { Module } from '../module/module';
import * as normalization from './norm/normalization';
import * as padding from './padding';
import * as pooling from './pooling/pooling';
import * as responseNorm from './norm/response_norm';
import { Embedding } from './sparse';
import * as upsampling from './upsampling';
import * as vision from './vision';

const files: object[] = [activations, activationOptions, rectifiers, softmaxes, adaptivePooling, batchnorm];
files.push(convolutions, transposed, dropouts, flatten, instancenorm, { Identity, Linear }, normalization);
files.push(padding, pooling, responseNorm, { Embedding }, upsampling, vision);

// By their functions: a subclass, or an instance, may have one of its own.
const forwards = new WeakSet<Module['forward']>();
for (const exported of files.flatMap((file) => Object.values(file) as { prototype?: Partial<Module> }[])) {
  const forward = exported.prototype?.forward;
  if (forward) forwards.add(forward);
}

/** Whether what goes into the module, or comes out, stays unknown to it. Hooks may still get to see it. */
export const retainsNothing = (module: Module): boolean => forwards.has(module.forward);
