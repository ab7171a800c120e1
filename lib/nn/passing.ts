// Modules that keep neither what they are given nor what they give, whatever their options.
import * as activations from './activation';
import * as activationOptions from './activation_options';
import * as rectifiers from './activation_rectifiers';
import * as softmaxes from './activation_softmax';
import * as adaptivePooling from './adaptive_pooling';
import * as batchnorm from './batchnorm';
import * as convolutions from './conv';
import * as transposed from './conv_transpose';
import * as dropouts from './dropout';
import * as flatten from './flatten';
import * as instancenorm from './instancenorm';
import { Identity, Linear } from './linear';
import type { Module } from './module';
import * as normalization from './normalization';
import * as padding from './padding';
import * as pooling from './pooling';
import * as responseNorm from './response_norm';
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
export const isPassing = (module: Module): boolean => forwards.has(module.forward);
