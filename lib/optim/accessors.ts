// The options of a parameter group under their names in camelCase. What is stored are Python's keys: state_dicts and files
// have them, and `{ ...group }` copies them.
import { camelCase, snakeCase } from '../core/names';
import { meant } from '../core/spelling';
import { warn } from '../core/warn';
import type { Tensor } from '../tensor';

type Camel<Key extends string> = Key extends `${infer Head}_${infer Rest}`
  ? `${Head}${Capitalize<Camel<Rest>>}`
  : Key;

/** A group whose options go by their names in camelCase, too: `weightDecay` is `weight_decay`. */
export type WithCamelCase<Group> = Group & {
  [Key in keyof Group as Key extends `${string}_${string}` ? Camel<Key> : never]: Exclude<Group[Key], Tensor>;
};

/** Options that schedulers add to the groups. */
const scheduled = ['initial_lr', 'swa_lr', 'max_lr', 'min_lr', 'max_momentum', 'base_momentum'];

type Values = Record<string, unknown>;

/** By the stored key. */
const descriptors = new Map<string, PropertyDescriptor>();

function descriptorOf(key: string): PropertyDescriptor {
  let descriptor = descriptors.get(key);
  if (!descriptor) {
    descriptor = {
      get(this: Values) {
        return this[key];
      },
      set(this: Values, value: unknown) {
        this[key] = value;
      },
      configurable: true,
    };
    descriptors.set(key, descriptor);
  }
  return descriptor;
}

/** Makes the options of `group` reachable in camelCase. Accessors are not enumerable: nothing copies or saves them. */
export function addAccessors<Group extends object>(group: Group): WithCamelCase<Group> {
  const keys = Object.isExtensible(group) ? [...Object.keys(group), ...scheduled] : [];
  for (const key of keys) {
    const name = camelCase(key);
    if (name !== key && !Object.hasOwn(group, name)) Object.defineProperty(group, name, descriptorOf(key));
  }
  return group as WithCamelCase<Group>;
}

/** The keys that a group had when it was last looked over. */
const seen = new WeakMap<object, ReadonlySet<string>>();

/**
 * Looks over what was set on a group of the optimizer `name` meanwhile, or a copy that took a group's place. An option that
 * was stored under its name in camelCase moves to its own key. A new key stays what it is, as in Python, with a
 * warning where it seems to be a misspelt option.
 */
export function lookOver(name: string, group: object, defaults: object): void {
  const keys = Object.keys(group);
  const known = seen.get(group);
  if (known?.size === keys.length) return;
  const values = group as Values;
  for (const key of keys.filter((each) => !known?.has(each))) {
    const own = snakeCase(key);
    if (own !== key && Object.hasOwn(group, own)) {
      values[own] = values[key];
      delete values[key];
    } else if (!Object.hasOwn(defaults, key)) warnOfSpelling(name, key, defaults);
  }
  addAccessors(group);
  seen.set(group, new Set(Object.keys(group)));
}

function warnOfSpelling(name: string, key: string, defaults: object): void {
  if (key.length < 4 || ['params', 'param_names', ...scheduled].includes(key)) return; // a short name is near to many
  const other = meant(key, Object.keys(defaults), 2);
  if (other === null) return;
  const hint = camelCase(other);
  warn(`${name}: '${key}' of a parameter group is no option, and changes nothing; did you mean '${hint}'?`);
}
