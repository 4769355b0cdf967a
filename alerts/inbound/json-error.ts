const BLANK = /[ \t\n\r]*/y;
const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

type Awaited = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end';

/**
 * Where a text stops being JSON (RFC 8259): the offset of the first character that cannot stand there, its length when it
 * ends too early, -1 when it is JSON. The engine's own words name no place where the text is short.
 */
export function jsonErrorOffset(text: string): number {
  const open: ('}' | ']')[] = [];
  let awaited: Awaited = 'value';
  let offset = 0;
  for (;;) {
    offset = endOf(BLANK, text, offset);
    const character = text[offset];
    if (awaited === ', or end' && open.length === 0) return character === undefined ? -1 : offset;
    if (character === undefined) return offset;
    if (awaited === ':') {
      if (character !== ':') return offset;
      offset++;
      awaited = 'value';
    } else if (awaited === ', or end') {
      if (character === open.at(-1)) open.pop();
      else if (character === ',') awaited = open.at(-1) === '}' ? 'key' : 'value';
      else return offset;
      offset++;
    } else if ((awaited === 'key or }' && character === '}') || (awaited === 'value or ]' && character === ']')) {
      open.pop();
      offset++;
      awaited = ', or end';
    } else if (character === '"') {
      const end = endOfString(text, offset);
      if (end < 0) return -end - 1;
      offset = end;
      awaited = awaited.startsWith('key') ? ':' : ', or end';
    } else if (awaited.startsWith('key')) {
      return offset;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? '}' : ']');
      offset++;
      awaited = character === '{' ? 'key or }' : 'value or ]';
    } else {
      const end = endOf(WORD, text, offset);
      if (end === offset) return offset;
      offset = end;
      awaited = ', or end';
    }
  }
}

function endOf(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : offset;
}

/** @returns the offset after the closing quote, or -1 - the offset of what is wrong */
function endOfString(text: string, start: number): number {
  for (let offset = start + 1; offset < text.length; offset++) {
    const character = text[offset]!;
    if (character === '"') return offset + 1;
    if (character < ' ') return -1 - offset;
    if (character !== '\\') continue;
    const sequence = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(offset + 1, offset + 6));
    if (!sequence) return -1 - offset;
    offset += sequence[0].length;
  }
  return -1 - text.length;
}
