// A pickle machine that runs nothing: what a name in the file stands for is its host's to say.
import { withJson } from '../../core/conversions';
import { currentName } from './names';
import { Op } from './opcodes';
import { decodeLong, decodeText, narrow } from './text';
import { addItem, appendItems, setItems } from './containers';
import { FrozenSet, ByteArray, Float, Tuple, storeValue } from './python_types';
import type { Reader } from '../io/source';
import { damaged } from '../io/errors';
import { isMap } from '../../core/realm';
import type { How } from './construct';

export interface Host {
  /** What `module.name` stands for. Throws for what is not allowed. */
  global(module: string, name: string): unknown;
  /** `callee(*args)`, or with `new` `callee.__new__(callee, *args, **keywords)`. */
  construct(callee: unknown, how: How, args: Tuple, keywords: ReadonlyMap<unknown, unknown> | null): unknown;
  /** A storage. */
  persistent(id: unknown): unknown;
  /** `object.__setstate__(state)`. */
  build(object: unknown, state: unknown): void;
}

/** Reads one pickle; the reader is behind it afterwards. */
export function unpickle(reader: Reader, host: Host): unknown {
  return new Machine(reader, host).run();
}

/** Opcodes that newer protocols have others for. */
const OLD = 'ILFSVPpgdlio';

class Machine {
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(
    private readonly reader: Reader,
    private readonly host: Host,
  ) {}

  run(): unknown {
    for (;;) {
      const code = this.reader.byte();
      if (code === Op.STOP) break;
      this.#step(code);
    }
    const result = this.#pop();
    if (this.#stack.length > 0 || this.#marks.length > 0)
      throw damaged('its pickle ends in the midst of something');
    return result instanceof Float ? result.value : result;
  }

  #step(code: number): void {
    const { reader } = this;
    switch (code) {
      case Op.PROTO:
        return this.#protocol(reader.byte());
      case Op.FRAME:
        return void reader.bytes(8);
      case Op.MARK:
        return void this.#marks.push(this.#stack.length);
      case Op.POP:
        return void this.#pop();
      case Op.POP_MARK:
        return void this.#popMark();
      case Op.DUP:
        return this.#push(this.#top());

      case Op.NONE:
        return this.#push(null);
      case Op.NEWTRUE:
        return this.#push(true);
      case Op.NEWFALSE:
        return this.#push(false);
      case Op.BININT:
        return this.#push(reader.bytes(4).readInt32LE(0));
      case Op.BININT1:
        return this.#push(reader.byte());
      case Op.BININT2:
        return this.#push(reader.bytes(2).readUInt16LE(0));
      case Op.LONG1:
        return this.#push(decodeLong(reader.bytes(reader.byte())));
      case Op.LONG4:
        return this.#push(decodeLong(reader.bytes(this.#length4())));
      case Op.BINFLOAT:
        return this.#push(float(reader.bytes(8).readDoubleBE(0)));

      case Op.BINUNICODE:
        return this.#push(decodeText(reader.bytes(this.#length4())));
      case Op.SHORT_BINUNICODE:
        return this.#push(decodeText(reader.bytes(reader.byte())));
      case Op.BINUNICODE8:
        return this.#push(decodeText(reader.bytes(this.#length8())));
      case Op.SHORT_BINSTRING:
        return this.#push(decodeText(reader.bytes(reader.byte())));
      case Op.BINSTRING:
        return this.#push(decodeText(reader.bytes(this.#length4())));
      case Op.BINBYTES:
        return this.#push(new Uint8Array(reader.bytes(this.#length4())));
      case Op.SHORT_BINBYTES:
        return this.#push(new Uint8Array(reader.bytes(reader.byte())));
      case Op.BINBYTES8:
        return this.#push(new Uint8Array(reader.bytes(this.#length8())));
      case Op.BYTEARRAY8:
        return this.#push(new ByteArray(reader.bytes(this.#length8())));

      case Op.EMPTY_TUPLE:
        return this.#push(new Tuple());
      case Op.TUPLE1:
        return this.#push(toTuple(this.#popMany(1)));
      case Op.TUPLE2:
        return this.#push(toTuple(this.#popMany(2)));
      case Op.TUPLE3:
        return this.#push(toTuple(this.#popMany(3)));
      case Op.TUPLE:
        return this.#push(toTuple(this.#popMark()));
      case Op.EMPTY_LIST:
        return this.#push([]);
      case Op.EMPTY_DICT:
        return this.#push(withJson(new Map()));
      case Op.EMPTY_SET:
        return this.#push(withJson(new Set()));
      case Op.FROZENSET:
        return this.#push(this.#popMark().reduce<FrozenSet>(addItem, new FrozenSet()));
      case Op.APPEND:
        return this.#into(appendItems, this.#popMany(1));
      case Op.APPENDS:
        return this.#into(appendItems, this.#popMark());
      case Op.SETITEM:
        return this.#into(setItems, this.#popMany(2));
      case Op.SETITEMS:
        return this.#into(setItems, this.#popMark());
      case Op.ADDITEMS:
        return this.#into((set, items) => void items.reduce(addItem, set), this.#popMark());

      case Op.BINPUT:
        return void this.#memo.set(reader.byte(), this.#top());
      case Op.LONG_BINPUT:
        return void this.#memo.set(this.#length4(), this.#top());
      case Op.MEMOIZE:
        return void this.#memo.set(this.#memo.size, this.#top());
      case Op.BINGET:
        return this.#get(reader.byte());
      case Op.LONG_BINGET:
        return this.#get(this.#length4());

      case Op.GLOBAL:
        return this.#global(reader.line(), reader.line());
      case Op.STACK_GLOBAL:
        return this.#global(...(this.#popMany(2) as [string, string]));
      case Op.REDUCE:
        return this.#call('call');
      case Op.NEWOBJ:
        return this.#call('new');
      case Op.NEWOBJ_EX:
        return this.#newObjectWithKeywords();
      case Op.BUILD:
        return this.#build();
      case Op.BINPERSID:
        return this.#push(this.host.persistent(this.#pop()));
    }
    const of = OLD.includes(String.fromCharCode(code))
      ? 'of protocol 0 or 1 (`pickle_protocol` of torch.save): torch.load(weights_only=False) of Python opens it where it can, save it again there'
      : 'unknown';
    throw damaged(`opcode ${code} at ${reader.position - 1} of its pickle is ${of}`);
  }

  #protocol(version: number): void {
    if (version < 2 || version > 5) throw damaged(`pickle protocol ${version} is not supported`);
  }
  #length4(): number {
    return this.reader.bytes(4).readUInt32LE(0);
  }
  #length8(): number {
    return Number(narrow(this.reader.bytes(8).readBigUInt64LE(0)));
  }

  #push(value: unknown): void {
    this.#stack.push(value);
  }
  get #floor(): number {
    return this.#marks.length > 0 ? this.#marks[this.#marks.length - 1] : 0;
  }
  #need(count: number): void {
    if (this.#stack.length - count < this.#floor)
      throw damaged('its pickle takes more values than there are');
  }
  #top(): unknown {
    this.#need(1);
    return this.#stack[this.#stack.length - 1];
  }
  #pop(): unknown {
    this.#need(1);
    return this.#stack.pop();
  }
  #popMany(count: number): unknown[] {
    this.#need(count);
    return this.#stack.splice(this.#stack.length - count);
  }
  #popMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw damaged('its pickle closes what it has not opened');
    return this.#stack.splice(mark);
  }
  #get(index: number): void {
    if (!this.#memo.has(index)) throw damaged(`its pickle refers to value ${index}, which is not there`);
    this.#push(this.#memo.get(index));
  }
  #into(put: (target: unknown, items: unknown[]) => void, items: unknown[]): void {
    put(this.#top(), items);
  }

  #global(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw damaged('a name in it is no string');
    this.#push(this.host.global(...currentName(module, name)));
  }
  #call(how: How, keywords: ReadonlyMap<unknown, unknown> | null = null): void {
    const [callee, args] = this.#popMany(2);
    if (!(args instanceof Tuple)) throw damaged('it calls something with arguments that are no tuple');
    this.#push(this.host.construct(callee, how, args, keywords));
  }
  #newObjectWithKeywords(): void {
    const keywords = this.#pop();
    if (!isMap(keywords)) throw damaged('it makes an object with keyword arguments that are no dict');
    this.#call('new', keywords.size > 0 ? keywords : null);
  }
  #build(): void {
    const state = this.#pop();
    this.host.build(this.#top(), state instanceof Float ? state.value : state);
  }
}

function float(value: number): number | Float {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? new Float(value) : value;
}

function toTuple(items: readonly unknown[]): Tuple {
  const result = new Tuple();
  for (let i = 0; i < items.length; i++) result.push(storeValue(result, i, items[i]));
  return result;
}
