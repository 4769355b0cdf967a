/** Repetitions without an upper bound are written this often beyond their least. */
const EXTRA = 0;
const LONGEST = 2_000;

/**
 * A text that a regular expression (ECMA-262, as JSON Schema uses it) matches, always the same one: the first of every
 * choice, the least of every repetition.
 * @returns null for what it does not understand, such as look-around and back-references
 */
export function textMatching(pattern: string): string | null {
  try {
    const reader = new PatternReader(pattern);
    const text = reader.alternatives();
    return reader.atEnd && text.length <= LONGEST && new RegExp(pattern, 'u').test(text) ? text : null;
  } catch {
    return null;
  }
}

class PatternReader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get atEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  alternatives(): string {
    const first = this.#sequence();
    while (this.#peek() === '|') {
      this.#at++;
      this.#sequence();
    }
    return first;
  }

  #sequence(): string {
    let text = '';
    while (!this.atEnd && this.#peek() !== '|' && this.#peek() !== ')') {
      const piece = this.#piece();
      text += piece.repeat(Math.min(this.#times(), LONGEST));
      if (text.length > LONGEST) throw new Error('too long');
    }
    return text;
  }

  #piece(): string {
    const letter = this.#take();
    switch (letter) {
      case '^':
      case '$':
        return '';
      case '.':
        return 'a';
      case '(':
        return this.#group();
      case '[':
        return this.#set();
      case '\\':
        return this.#escape();
      default:
        return letter;
    }
  }

  #group(): string {
    if (this.#peek() === '?') {
      const [opening] = /^\?(:|<[A-Za-z_]\w*>)/.exec(this.#pattern.slice(this.#at)) ?? [];
      if (!opening) throw new Error('look-around');
      this.#at += opening.length;
    }
    const text = this.alternatives();
    if (this.#take() !== ')') throw new Error('an open group');
    return text;
  }

  /** The first letter that a set allows; for one that excludes, the first that it does not name. */
  #set(): string {
    const excludes = this.#peek() === '^';
    if (excludes) this.#at++;
    const ranges: [number, number][] = [];
    while (this.#peek() !== ']') {
      if (this.atEnd) throw new Error('an open set');
      const from = this.#member();
      if (this.#peek() === '-' && this.#pattern[this.#at + 1] !== ']') {
        this.#at++;
        const to = this.#member();
        ranges.push([from.codePointAt(0)!, to.codePointAt(0)!]);
      } else ranges.push([from.codePointAt(0)!, from.codePointAt(0)!]);
    }
    this.#at++;
    const allowed = (letter: string) =>
      ranges.some(([from, to]) => letter.codePointAt(0)! >= from && letter.codePointAt(0)! <= to) !== excludes;
    const pleasant = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'].find(allowed);
    return pleasant ?? String.fromCodePoint(ranges[0]![0]);
  }

  #member(): string {
    const letter = this.#take();
    return letter === '\\' ? this.#escape() : letter;
  }

  #escape(): string {
    const letter = this.#take();
    switch (letter) {
      case 'd':
        return '1';
      case 'w':
        return 'a';
      case 's':
        return ' ';
      case 'D':
      case 'S':
      case 'W':
        return letter === 'W' ? '-' : 'a';
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'b':
        return '';
      case 'u': {
        const code = /^(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{4}))/.exec(this.#pattern.slice(this.#at));
        if (!code) throw new Error('an escape');
        this.#at += code[0].length;
        return String.fromCodePoint(Number.parseInt(code[1] ?? code[2]!, 16));
      }
      case 'p': {
        const kind = /^\{([^}]*)\}/.exec(this.#pattern.slice(this.#at));
        if (!kind) throw new Error('a property');
        this.#at += kind[0].length;
        return /^N/.test(kind[1]!) ? '1' : /^Lu/.test(kind[1]!) ? 'A' : 'a';
      }
      default:
        if (/[1-9kBcx0P]/.test(letter)) throw new Error('a reference');
        return letter;
    }
  }

  #times(): number {
    const [quantifier] = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(this.#pattern.slice(this.#at)) ?? [];
    if (!quantifier) return 1;
    this.#at += quantifier.length;
    if (quantifier.startsWith('*') || quantifier.startsWith('?')) return EXTRA;
    if (quantifier.startsWith('+')) return 1 + EXTRA;
    return Number(/\d+/.exec(quantifier)![0]);
  }

  #peek(): string | undefined {
    return this.#pattern[this.#at];
  }

  #take(): string {
    const letter = this.#pattern[this.#at++];
    if (letter === undefined) throw new Error('the end');
    return letter;
  }
}
