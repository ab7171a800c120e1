import { value } from '../core/kinds';
import { TorchError } from '../core/errors';
import { type Call, signature } from '../core/signature';
import * as tree from '../func/tree';
import { native } from '../native';
import * as aten from '../tensor/aten';
import { Tensor } from '../tensor';
import { CustomOpDef } from './custom_op';
import { type Keywords, type Overload, overloadOf, splitName } from './operators';

type Given = { args: readonly unknown[]; kwargs: Keywords };
type Check = 'test_schema' | 'test_autograd_registration' | 'test_faketensor';
const CHECKS: Record<Check, (op: Overload, given: Given) => void> = {
  test_schema: checkSchema,
  test_autograd_registration: checkAutograd,
  test_faketensor: checkFake,
};

/** Options of `torch.library.opcheck`. */
export interface OpcheckOptions {
  /** Arguments that go by name. */
  kwargs?: Keywords | null;
  /** Which checks to run. Default: all. */
  testUtils?: readonly Check[] | Check;
  /** Whether the first failure throws; without, what each check found is returned. Default: `true`. */
  raiseException?: boolean;
}
const OPCHECK = signature(
  'opcheck',
  [value<string | CustomOpDef>()('op'), value<readonly unknown[]>()('args')],
  { kwargs: null, testUtils: Object.keys(CHECKS), raiseException: true } as Required<OpcheckOptions>,
  ['kwargs'],
);

const isTensor = (leaf: unknown): leaf is Tensor => leaf instanceof Tensor;
const callWith = (op: Overload, { args, kwargs }: Given): unknown => op.call(...args, kwargs);
const tensorsOf = (given: unknown): Tensor[] => tree.flatten(given).leaves.filter(isTensor);

function check(holds: boolean, message: string): void {
  if (!holds) throw new TorchError(message, 'OpCheckError');
}

// Tensors that the schema does not mark must stay as they are.
function checkSchema(op: Overload, given: Given): void {
  const copies = tree.map(given, (leaf) => (isTensor(leaf) ? leaf.detach().clone() : leaf)) as Given;
  callWith(op, copies);
  op.parameters.forEach(({ name }, i) => {
    if (op.schema.includes(`!) ${name}`)) return;
    const of = ({ args, kwargs }: Given) => tensorsOf(i < args.length ? args[i] : kwargs[name]);
    const [before, after] = [of(given), of(copies)];
    const same = before.every((tensor, j) => aten.equal(tensor.detach(), after[j]));
    check(same, `Argument ${name} is not defined as mutable but was mutated`);
  });
}

function checkAutograd(op: Overload, given: Given): void {
  if (!tensorsOf(given).some((tensor) => tensor.requiresGrad)) return;
  const keys = ['Autograd', 'AutogradCPU', 'AutogradCUDA', 'CompositeImplicitAutograd'];
  check(
    keys.some((key) => native.hasKernel(op.name, op.overload, key)),
    `${op.name}: the operator does not have an autograd kernel registered, but its inputs require gradients`,
  );
}

// What the fake implementation gives must be what the operator gives, values aside.
function checkFake(op: Overload, given: Given): void {
  const bare = tree.map(given, (leaf) => (isTensor(leaf) ? leaf.detach() : leaf)) as Given;
  const onMeta = tree.map(bare, (leaf) => (isTensor(leaf) ? leaf.to('meta') : leaf)) as Given;
  const [real, fake] = [tensorsOf(callWith(op, bare)), tensorsOf(callWith(op, onMeta))];
  check(fake.length === real.length, `${op.name}: ${fake.length} fake outputs, but ${real.length} real ones`);
  const facts = (tensor: Tensor): string =>
    `shape [${tensor.shape.join(', ')}], dtype ${tensor.dtype}, strides [${tensor.stride().join(', ')}]`;
  real.forEach((tensor, i) =>
    check(
      facts(tensor) === facts(fake[i]),
      `${op.name}: output ${i} has ${facts(tensor)}, its fake ${facts(fake[i])}`,
    ),
  );
}

/**
 * Whether an operator is registered as it should be, tried on these arguments (`torch.library.opcheck`): that it changes
 * what its schema says, that gradients are registered, and that its fake implementation tells the truth.
 *
 * @returns `'SUCCESS'` for each check.
 *
 * Differs from PyTorch: `torch.library.opcheck` has no `test_aot_dispatch_dynamic`: there is no compiler here.
 *
 * @example
 * torch.library.opcheck('aten::sin', [torch.ones([2])]);
 */
export function opcheck(
  ...given: Call<
    typeof OPCHECK,
    [op: string | CustomOpDef, args: readonly unknown[]],
    [kwargs: Keywords | null]
  >
): Record<string, unknown> {
  const [target, args, { kwargs, testUtils, raiseException }] = OPCHECK.bind(given);
  const name = target instanceof CustomOpDef ? target.name : target;
  const op = overloadOf(...splitName('opcheck', name));
  const found: Record<string, unknown> = {};
  for (const one of Array.isArray(testUtils) ? (testUtils as Check[]) : [testUtils as Check]) {
    const run = Object.hasOwn(CHECKS, one) ? CHECKS[one] : undefined;
    if (!run)
      throw new TorchError(
        `opcheck: there is no check ${String(one)}; there are ${Object.keys(CHECKS).join(', ')}`,
      );
    try {
      run(op, { args, kwargs: kwargs ?? {} });
      found[one] = 'SUCCESS';
    } catch (error) {
      if (raiseException) throw error;
      found[one] = error;
    }
  }
  return found;
}
