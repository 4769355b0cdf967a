/** Stands around the name of a variable that a shell would have put the value of. */
export const EXPANDED = '\u0001';

/**
 * Splits commands as a POSIX shell does: quotes, backslashes, `$'…'` of bash, line continuations. A variable that would
 * be expanded becomes its name between two EXPANDED.
 */
export function splitCommands(text: string): { commands: string[][]; unclosed: boolean } {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  let unclosed = false;
  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  let at = 0;
  /** Takes what stands at `at`: a variable, or one letter. */
  const take = () => {
    const [variable] = /^\$(\{[A-Za-z_]\w*\}|[A-Za-z_]\w*)/.exec(text.slice(at, at + 80)) ?? [];
    word = (word ?? '') + (variable ? `${EXPANDED}${variable.replace(/[${}]/g, '')}${EXPANDED}` : text[at]);
    at += variable?.length ?? 1;
  };
  while (at < text.length) {
    const letter = text[at]!;
    if (letter === '\\' || letter === '^') {
      // `^` continues a line in the command that a browser copies for Windows.
      const line = /^[\\^]\r?\n/.exec(text.slice(at, at + 3));
      if (line) {
        at += line[0].length;
        continue;
      }
    }
    if (letter === '\\') {
      word = (word ?? '') + (text[at + 1] ?? '');
      at += 2;
    } else if (letter === "'") {
      const end = text.indexOf("'", at + 1);
      unclosed ||= end < 0;
      word = (word ?? '') + text.slice(at + 1, end < 0 ? text.length : end);
      at = end < 0 ? text.length : end + 1;
    } else if (letter === '$' && text[at + 1] === "'") {
      const quoted = ansiQuoted(text, at + 2);
      unclosed ||= !quoted.closed;
      word = (word ?? '') + quoted.value;
      at = quoted.end;
    } else if (letter === '"') {
      word ??= '';
      at++;
      while (at < text.length && text[at] !== '"') {
        if (text[at] === '\\' && /[$`"\\\n]/.test(text[at + 1] ?? '')) {
          if (text[at + 1] !== '\n') word += text[at + 1];
          at += 2;
        } else take();
      }
      unclosed ||= at >= text.length;
      at++;
    } else if (/\s/.test(letter)) {
      if (letter === '\n') endCommand();
      else endWord();
      at++;
    } else if (letter === '#' && word === undefined) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (letter === ';' || letter === '|' || (letter === '&' && /^&?(\s|$)/.test(text.slice(at + 1, at + 3)))) {
      // An & inside a word is that of a URL that somebody forgot to quote.
      endCommand();
      at += text[at + 1] === letter ? 2 : 1;
    } else take();
  }
  endCommand();
  return { commands, unclosed };
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  v: '\v',
};

function ansiQuoted(text: string, from: number): { value: string; end: number; closed: boolean } {
  let value = '';
  let at = from;
  while (at < text.length && text[at] !== "'") {
    if (text[at] !== '\\') {
      value += text[at++];
      continue;
    }
    const rest = text.slice(at + 1, at + 10);
    const code = /^(?:u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|x([0-9a-fA-F]{1,2})|([0-7]{1,3}))/.exec(rest);
    if (code) {
      const [whole, short, long, hex, octal] = code;
      const point = octal ? Number.parseInt(octal, 8) : Number.parseInt((short ?? long ?? hex)!, 16);
      value += point <= 0x10ffff ? String.fromCodePoint(point) : '';
      at += 1 + whole.length;
    } else {
      value += ESCAPES[rest[0] ?? ''] ?? rest[0] ?? '';
      at += 2;
    }
  }
  return { value, end: at + 1, closed: at < text.length };
}
