/** Calls of the TypeScript layer: those that the corpus has from Python's databases, and those that these have not. */
import * as torch from '../../lib';
import { camelCase } from '../../lib/core/names';
import type { Call, Value } from './values';

const tensor = (...shape: number[]): Value => ({ tensor: shape, dtype: 'float32' });
const whole = (...shape: number[]): Value => ({ tensor: shape, dtype: 'int64' });
const int = (number: number): Value => ({ int: String(number) });
const float = (number: number): Value => ({ float: String(number) });
const call = (name: string, args: Value[], keywords: Record<string, Value> = {}, inputs?: Value[]): Call => ({
  name,
  args,
  keywords,
  ...(inputs ? { inputs } : {}),
});
const fn = (name: string): Value => ({ function: name });

/** Calls of what Python's databases know nothing of. */
export const calls: readonly Call[] = [
  ...['grad', 'grad_and_value', 'jacrev', 'jacfwd', 'hessian'].flatMap((name) => [
    call(`func.${name}`, [fn('sum')], {}, [tensor(3)]),
    call(`func.${name}`, [fn('both')], { has_aux: true }, [tensor(2, 2)]),
    call(`func.${name}`, [fn('pair')], { argnums: [int(0), int(1)] }, [tensor(2), tensor(2)]),
  ]),
  call('func.vmap', [fn('pair')], { in_dims: [int(0), int(1)], out_dims: int(1) }, [
    tensor(2, 3),
    tensor(3, 2),
  ]),
  call('func.vmap', [fn('sum')], { chunk_size: int(2), randomness: 'different' }, [tensor(4, 3)]),
  call('func.jvp', [fn('sum'), [tensor(3)], [tensor(3)]], { has_aux: false }),
  call('func.vjp', [fn('pair'), tensor(3), tensor(3)]),
  call('func.functional_call', [fn('linear'), {} as Value, [tensor(2, 3)]]),
  call('func.stack_module_state', [[fn('linear'), fn('linear')]]),
  ...[
    'StepLR',
    'ExponentialLR',
    'CosineAnnealingLR',
    'MultiStepLR',
    'ReduceLROnPlateau',
    'OneCycleLR',
    'CyclicLR',
  ].map((name) => call(`optim.lr_scheduler.${name}`, [fn('sgd'), int(3), int(4)])),
  call('optim.lr_scheduler.PolynomialLR', [fn('adam')], { total_iters: int(4), power: float(2) }),
  call('optim.swa_utils.AveragedModel', [fn('linear')], { use_buffers: true }, [tensor(2, 3)]),
  call('optim.swa_utils.SWALR', [fn('sgd'), float(0.1)], { anneal_epochs: int(5), anneal_strategy: 'cos' }),
  ...[
    'uniform_',
    'normal_',
    'xavier_uniform_',
    'kaiming_normal_',
    'trunc_normal_',
    'orthogonal_',
    'sparse_',
    'dirac_',
  ].map((name) => call(`nn.init.${name}`, [tensor(4, 3, 2), float(0.5)])),
  call('nn.init.calculate_gain', ['leaky_relu', float(0.2)]),
  call('nn.utils.clip_grad_norm_', [[tensor(3), tensor(2, 2)], float(1)], {
    norm_type: float(2),
    foreach: false,
  }),
  call('nn.utils.clip_grad_value_', [[tensor(3)], float(1)]),
  call('nn.utils.parameters_to_vector', [[tensor(3), tensor(2, 2)]]),
  call('nn.utils.vector_to_parameters', [tensor(7), [tensor(3), tensor(2, 2)]]),
  call('nn.utils.rnn.pad_sequence', [[tensor(3, 2), tensor(1, 2)]], {
    batch_first: true,
    padding_value: float(1),
  }),
  call('nn.utils.rnn.pack_sequence', [[tensor(3, 2), tensor(1, 2)]], { enforce_sorted: false }),
  call('nn.utils.rnn.pack_padded_sequence', [tensor(3, 2, 2), [int(3), int(1)]], { batch_first: false }),
  call('nn.utils.rnn.unpad_sequence', [tensor(3, 2, 2), whole(2)]),
  call('nn.utils.parametrizations.weight_norm', [fn('linear')], { name: 'weight', dim: int(0) }, [
    tensor(2, 3),
  ]),
  call('nn.utils.parametrizations.orthogonal', [fn('linear'), 'weight'], {}, [tensor(2, 3)]),
  call('nn.utils.parametrizations.spectral_norm', [fn('linear'), 'weight', int(2)], {}, [tensor(2, 3)]),
  call('nn.utils.prune.l1_unstructured', [fn('linear'), 'weight'], { amount: float(0.5) }, [tensor(2, 3)]),
  call('nn.utils.fuse_conv_bn_eval', [fn('linear'), fn('batchNorm')]),
  call('nn.Sequential', [fn('linear'), fn('batchNorm')], {}, [tensor(2, 3)]),
  call('nn.functional.pad', [tensor(2, 3, 4), [int(1), int(2)]], { mode: 'reflect' }),
  call('nn.functional.one_hot', [whole(3)], { num_classes: int(5) }),
  call('nn.functional.ctc_loss', [tensor(5, 2, 4), whole(2, 3), [int(5), int(5)], [int(3), int(2)]]),
  call('nn.functional.multi_head_attention_forward', [
    tensor(3, 2, 4),
    tensor(3, 2, 4),
    tensor(3, 2, 4),
    int(4),
    int(2),
  ]),
  call('nn.functional.grid_sample', [tensor(1, 2, 3, 3), tensor(1, 2, 2, 2)], {
    mode: 'bicubic',
    align_corners: true,
  }),
  call('nn.functional.interpolate', [tensor(1, 2, 3, 3)], { scale_factor: float(2), mode: 'bilinear' }),
];

/** What Python calls so; undefined where it is not here. */
export function find(name: string): unknown {
  let found: unknown = torch;
  for (const part of name.split('.')) {
    const all = found as Record<string, unknown> | undefined;
    found = all?.[part] ?? all?.[camelCase(part)];
  }
  return typeof found === 'function' ? found : undefined;
}

type Function = (...args: unknown[]) => unknown;

/** Makes the call; `tensors` gets the parameters of a module. */
export function invoke(name: string, args: unknown[], inputs: unknown[], tensors: torch.Tensor[]): unknown[] {
  const found = find(name) as Function & (new (...args: unknown[]) => unknown);
  const made = /^[A-Z]/.test(name.slice(name.lastIndexOf('.') + 1)) ? new found(...args) : found(...args);
  if (made instanceof torch.optim.Optimizer) return optimize(made, tensors);
  if (hasStep(made)) for (let i = 0; i < 3; i++) made.step(i);
  if (typeof made !== 'function') return [made];
  const results = [(made as Function)(...inputs)];
  if (made instanceof torch.nn.Module) tensors.push(...made.parameters()); // which a lazy one has now
  return results;
}

const hasStep = (made: unknown): made is { step(metric?: number): void } =>
  typeof (made as { step?: unknown } | null | undefined)?.step === 'function';

function optimize(optimizer: torch.optim.Optimizer, tensors: torch.Tensor[]): unknown[] {
  for (let step = 0; step < 3; step++) {
    for (const tensor of tensors) if (tensor.requiresGrad) tensor.grad = torch.onesLike(tensor);
    optimizer.step(() => tensors[0].sum());
  }
  optimizer.loadStateDict(optimizer.stateDict());
  return tensors;
}
