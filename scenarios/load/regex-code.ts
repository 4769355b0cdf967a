/**
 * A pattern in RE2 syntax (https://github.com/google/re2/wiki/Syntax) as a JavaScript regular expression that finds the
 * same, in Unicode mode. The error names what has no counterpart.
 */
export function regexCode(pattern: string): { code: string } | { error: string } {
  const leading = /^\(\?([ims]+)\)/.exec(pattern);
  const flags = new Set(leading?.[1]);
  try {
    const body = translate(pattern.slice(leading?.[0].length ?? 0), flags);
    const letters = `${flags.has('i') ? 'i' : ''}u`;
    // Such as a repeated assertion, \b*, which RE2 takes.
    new RegExp(body, letters);
    return { code: `/${body || '(?:)'}/${letters}` };
  } catch (error) {
    if (error instanceof NoCounterpart) return { error: error.message };
    if (error instanceof SyntaxError) return { error: 'a repetition of something that cannot be repeated' };
    throw error;
  }
}

class NoCounterpart extends Error {}

const CLASSES: Record<string, string> = { d: '0-9', w: '0-9A-Za-z_', s: '\\t\\n\\f\\r ' };
/** RE2's names of ASCII classes, inside brackets. */
const ASCII: Record<string, string> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};
const PIECE =
  /\\p\{\^?\w+\}|\\P\{\^?\w+\}|\\[pP]\w|\\x\{[0-9A-Fa-f]+\}|\\x[0-9A-Fa-f]{2}|\\[0-7]{1,3}|\\.|\[\^?\]?|\(\?P?<\w+>|\(\?:|\(\?|\{\d+(?:,\d*)?\}|./gsu;

function translate(pattern: string, flags: ReadonlySet<string>): string {
  let code = '';
  for (let at = 0; at < pattern.length; ) {
    PIECE.lastIndex = at;
    const [piece] = PIECE.exec(pattern)!;
    if (piece.startsWith('[')) {
      const { text, end } = bracketed(pattern, at);
      code += text;
      at = end;
      continue;
    }
    code += outside(piece, flags);
    at += piece.length;
  }
  return code;
}

function outside(piece: string, flags: ReadonlySet<string>): string {
  if (piece.startsWith('(?')) {
    if (piece === '(?') throw new NoCounterpart('flags inside a pattern, such as (?i:…)');
    return piece.replace('(?P<', '(?<');
  }
  if (piece === '.') return flags.has('s') ? '[^]' : '[^\\n]';
  if (piece === '^') return flags.has('m') ? '(?:^|(?<=\\n))' : '^';
  if (piece === '$') return flags.has('m') ? '(?=\\n|$)' : '$';
  if (piece === '/' || piece === '{' || piece === '}' || piece === ']') return `\\${piece}`;
  if (piece.length > 1 && piece.startsWith('{')) return piece;
  if (!piece.startsWith('\\')) return printable(piece);
  const letter = piece[1]!;
  if (letter === 'A') return '^';
  if (letter === 'z') return '$';
  if (letter === 'b' || letter === 'B') return piece;
  if ('dws'.includes(letter)) return `[${CLASSES[letter]}]`;
  if ('DWS'.includes(letter)) return `[^${CLASSES[letter.toLowerCase()]}]`;
  return escaped(piece);
}

/** What means one thing inside brackets and outside of them. */
function escaped(piece: string): string {
  const letter = piece[1]!;
  // JavaScript has them, k6's does not: it finds nothing.
  if (letter === 'p' || letter === 'P') throw new NoCounterpart(`the class of Unicode ${piece}`);
  if (letter === 'x') return piece.length > 4 || piece[2] === '{' ? `\\u${piece.slice(2)}` : piece;
  if (letter === 'a') return '\\x07';
  if ('fnrtv'.includes(letter)) return piece;
  if (/[0-9A-Za-z]/.test(letter)) throw new NoCounterpart(`${piece}`);
  return /[\^$\\.*+?()[\]{}|/]/.test(letter) ? piece : printable(letter);
}

/** A class in brackets, from its opening bracket. */
function bracketed(pattern: string, from: number): { text: string; end: number } {
  let at = from + 1;
  let text = '[';
  if (pattern[at] === '^') {
    text += '^';
    at++;
  }
  for (let first = true; at < pattern.length; first = false) {
    if (pattern[at] === ']' && !first) return { text: `${text}]`, end: at + 1 };
    const ascii = /^\[:(\^?)(\w+):\]/.exec(pattern.slice(at, at + 16));
    if (ascii) {
      if (ascii[1]) throw new NoCounterpart(`${ascii[0]}`);
      text += ASCII[ascii[2]!]!;
      at += ascii[0].length;
      continue;
    }
    PIECE.lastIndex = at;
    const piece = pattern[at] === '[' ? '[' : PIECE.exec(pattern)![0];
    const whole = piece.startsWith('\\') ? piece : String.fromCodePoint(pattern.codePointAt(at)!);
    text += inside(whole);
    at += whole.length;
  }
  throw new NoCounterpart('a bracket that is not closed');
}

function inside(piece: string): string {
  if (!piece.startsWith('\\')) return /[[\]/{}()|]/.test(piece) ? `\\${piece}` : printable(piece);
  const letter = piece[1]!;
  if ('dws'.includes(letter)) return CLASSES[letter]!;
  if ('DWS'.includes(letter)) throw new NoCounterpart(`${piece} in brackets`);
  if (letter === '-' || letter === '^') return piece;
  return escaped(piece);
}

/** Line ends and control characters cannot stand in a literal as they are. */
function printable(letter: string): string {
  return /[\u0000-\u001f\u007f\u2028\u2029]/.test(letter) ? `\\u{${letter.codePointAt(0)!.toString(16)}}` : letter;
}
