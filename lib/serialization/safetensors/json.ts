// JSON of files that others wrote: what JSON.parse lets pass, and what would take all the memory.

const codes = (text: string): number[] => [...text].map((each) => each.charCodeAt(0));
const [QUOTE, BACKSLASH, COLON, DOT, LOWER_E, UPPER_E] = codes('"\\:.eE');
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = codes('{}[]');
const MAX_DEPTH = 128;
const SPARE = 100_000; // for metadata
const SHORTEST = 40; // characters of a tensor in a header

type Invalid = (why: string) => never;

/** Parses the object of a header; calls `invalid` with the reason where there is none. */
export function parseJson(bytes: Uint8Array, invalid: Invalid): object {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return invalid('invalid UTF-8 in header');
  }
  const wrong: Invalid = (why) => invalid(`invalid JSON in header: ${why}`);
  scan(text, wrong, true);
  return parseObject(text, wrong);
}

export function parseObject(text: string, invalid: Invalid): object {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return invalid((error as Error).message.slice(0, 200));
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  return invalid('it is not an object');
}

/**
 * Looks at text that may be JSON. JSON.parse keeps the last of equal keys, takes half a surrogate pair, makes
 * 1 of 1.0, and builds whatever it finds. By characters: a regular expression runs out of stack on a long
 * string. Returns how many objects and lists there are; as `header` there may be no more of anything than
 * tensors need: an object, two lists and three keys each.
 */
export function scan(text: string, invalid: Invalid, header = false): number {
  let [containers, outerKeys, innerKeys] = [0, 0, 0];
  const open: (Set<string> | null)[] = []; // the keys of each object
  let key = '';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (
      header &&
      (Math.max(containers, innerKeys) > 4 * outerKeys + SPARE || outerKeys * SHORTEST > i + 1000)
    ) {
      return invalid('it holds more than tensors need');
    }
    if (code === OPEN || code === OPEN_LIST) {
      containers++;
      if (open.push(code === OPEN ? new Set() : null) > MAX_DEPTH) return invalid('recursion limit exceeded');
    } else if (code === CLOSE || code === CLOSE_LIST) open.pop();
    else if (code === QUOTE) {
      const end = endOfString(text, i);
      if (isKey(text, end)) {
        key = decode(text.slice(i, end), invalid);
        if (open.length > 1) innerKeys++;
        else outerKeys++;
        const keys = open[open.length - 1];
        if (keys?.has(key)) return invalid(`duplicate key \`${key.slice(0, 80)}\``);
        keys?.add(key);
      }
      i = end - 1;
    } else if (code === DOT || code === LOWER_E || code === UPPER_E) {
      if (key === 'shape' || key === 'data_offsets') return invalid(`${key} must hold whole numbers`);
    }
  }
  return containers;
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  for (; i < text.length && text.charCodeAt(i) !== QUOTE; i++) {
    if (text.charCodeAt(i) === BACKSLASH) i++;
  }
  return i + 1;
}

function isKey(text: string, end: number): boolean {
  let i = end;
  while (text.charCodeAt(i) <= 32) i++;
  return text.charCodeAt(i) === COLON;
}

// Only an escape can make half of a pair.
function decode(quoted: string, invalid: Invalid): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  let key: string;
  try {
    key = JSON.parse(quoted) as string;
  } catch (error) {
    return invalid((error as Error).message.slice(0, 200));
  }
  return /[\ud800-\udfff]/u.test(key) ? invalid('a key holds half a surrogate pair') : key;
}
