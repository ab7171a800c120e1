// What V8's inspector tells of a function: the variables around it, and closures that read them.
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { TorchError } from '../core/errors';

type Value = { type: string; objectId?: string };
type Property = { name: string; value?: Value };
interface Properties {
  result: Property[];
  internalProperties?: Property[];
}
interface Session {
  connect(): void;
  disconnect(): void;
  on(event: string, listener: (message: { params: Record<string, unknown> }) => void): void;
  post(method: string, params: object, done: (error: Error | null, result: unknown) => void): void;
}

/** A variable around a function. */
export interface Variable {
  readonly name: string;
  /** Undefined for a primitive value, which {@link Seen.reads} gives. */
  readonly value: unknown;
}

/** A function, as far as the inspector knows it. */
export interface Inspected {
  readonly id: string;
  readonly file: string;
  readonly variables: Variable[];
}

/** What was seen when a function was entered. */
export interface Seen {
  /** Each `this`. */
  readonly these: Set<unknown>;
  /** Of each variable whether it can be assigned to, and what reads it. */
  reads: [name: string, isMutable: boolean, read: () => unknown][] | null;
}

// Symbol.for is one for all realms, and so are the objects below it.
const KEY = Symbol.for('nodetorch.capture');
const CHANNEL = 'globalThis[Symbol.for("nodetorch.capture")]';

/** This thread's own inspector session, which runs in the thread: nothing is paused, and no port is opened. */
export class Inspector {
  readonly #session: Session;
  readonly #files = new Map<unknown, string>();
  readonly #channel: { value: unknown; seen: Seen[] } = { value: null, seen: [] };
  // The inspector evaluates in the first realm; a function may be of another one.
  readonly #globals = new Set([vm.runInThisContext('globalThis') as object, globalThis]);

  private constructor(session: Session) {
    this.#session = session;
    for (const owner of this.#globals)
      Object.defineProperty(owner, KEY, { value: this.#channel, configurable: true });
    session.on('Debugger.scriptParsed', ({ params }) => {
      const url = params.url as string;
      this.#files.set(params.scriptId, url.startsWith('file:') ? fileURLToPath(url) : url);
    });
    session.connect();
    this.#post('Debugger.enable');
  }

  /** Null where Node was built without it, or may not use it. */
  static open(): Inspector | null {
    const get = (process as { getBuiltinModule?: (name: string) => unknown }).getBuiltinModule;
    try {
      const found = get?.call(process, 'node:inspector') as { Session: new () => Session } | undefined;
      return found ? new Inspector(new found.Session()) : null;
    } catch {
      return null;
    }
  }

  close(): void {
    for (const owner of this.#globals) Reflect.deleteProperty(owner, KEY);
    this.#session.disconnect();
  }

  // A session of the same thread answers before `post` returns.
  #post(method: string, params: object = {}): unknown {
    let answer: unknown;
    let problem: Error | null = null;
    this.#session.post(method, params, (error, result) => {
      problem = error;
      answer = result;
    });
    if (problem) throw new TorchError(`${method}: ${JSON.stringify(problem)}`);
    return answer;
  }

  #properties = (objectId: string): Properties =>
    this.#post('Runtime.getProperties', { objectId, ownProperties: true }) as Properties;

  #idOf(value: unknown): string {
    this.#channel.value = value;
    const { result } = this.#post('Runtime.evaluate', { expression: `${CHANNEL}.value` }) as {
      result: { objectId: string };
    };
    return result.objectId;
  }

  #valueOf(value: Value | undefined): unknown {
    if (value?.objectId === undefined) return undefined;
    const functionDeclaration = 'function (channel) { channel.value = this; }';
    const channel = { objectId: this.#idOf(this.#channel) };
    this.#post('Runtime.callFunctionOn', {
      objectId: value.objectId,
      functionDeclaration,
      arguments: [channel],
    });
    return this.#channel.value;
  }

  /** A bound function's parts; else null. */
  boundParts(fn: object): [target: unknown, self: unknown] | null {
    const own = this.#properties(this.#idOf(fn)).internalProperties ?? [];
    const part = (name: string) => own.find((property) => property.name === name)?.value;
    const target = part('[[TargetFunction]]');
    return target ? [this.#valueOf(target), this.#valueOf(part('[[BoundThis]]'))] : null;
  }

  /** Null for a function of V8's or of the addon. The variables are those that `isWanted`; of one name, the innermost. */
  inspect(fn: object, isWanted: (name: string) => boolean): Inspected | null {
    const id = this.#idOf(fn);
    const own = this.#properties(id).internalProperties ?? [];
    const part = (name: string) => own.find((property) => property.name === name)?.value;
    const place = part('[[FunctionLocation]]') as { value?: { scriptId: string } } | undefined;
    const scopes = part('[[Scopes]]');
    if (!place?.value || !scopes?.objectId) return null;
    const found = new Map<string, Variable>();
    for (const { value } of this.#properties(scopes.objectId).result) {
      if (!value?.objectId || (value as { description?: string }).description === 'Global') continue;
      for (const { name, value: held } of this.#properties(value.objectId).result) {
        if (!found.has(name) && isWanted(name)) found.set(name, { name, value: this.#valueOf(held) });
      }
    }
    return { id, file: this.#files.get(place.value.scriptId) ?? '', variables: [...found.values()] };
  }

  /** Has what the function sees when it is entered next come to the result: by a condition, which never holds. */
  watch({ id, variables }: Inspected): Seen {
    const seen: Seen = { these: new Set(), reads: null };
    const index = this.#channel.seen.push(seen) - 1;
    const reads = variables.map(({ name }) => {
      const isMutable = `(() => { try { ${name} = ${name}; return true; } catch { return false; } })()`;
      return `[${JSON.stringify(name)}, ${isMutable}, () => ${name}]`;
    });
    const condition =
      `((seen) => { seen.these.add(this); seen.reads ??= [${reads.join()}]; return false; })` +
      `(${CHANNEL}.seen[${index}])`;
    this.#post('Debugger.setBreakpointOnFunctionCall', { objectId: id, condition });
    return seen;
  }
}
