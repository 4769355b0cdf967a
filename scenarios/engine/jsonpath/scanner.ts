/** Why a text is no JSONPath. `offset` counts characters of the text, and is its length where the text ended too early. */
export class SyntaxProblem extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '/': '/',
  '\\': '\\',
};

/** Goes through a query from left to right. What is not as it must be throws a SyntaxProblem. */
export class Scanner {
  readonly text: string;
  offset = 0;

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.offset >= this.text.length;
  }

  fail(message: string, offset = this.offset): never {
    throw new SyntaxProblem(message, offset);
  }

  /** What stands here, for a message. */
  found(): string {
    return this.atEnd ? 'the end' : JSON.stringify(String.fromCodePoint(this.text.codePointAt(this.offset)!));
  }

  looksAt(token: string): boolean {
    return this.text.startsWith(token, this.offset);
  }

  accept(token: string): boolean {
    if (!this.looksAt(token)) return false;
    this.offset += token.length;
    return true;
  }

  expect(token: string, where: string): void {
    if (!this.accept(token)) this.fail(`expected "${token}" ${where}, found ${this.found()}`);
  }

  /** A piece that a sticky pattern matches here. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset;
    const piece = pattern.exec(this.text)?.[0];
    if (piece) this.offset += piece.length;
    return piece || undefined;
  }

  /** Blank space as RFC 9535 §2.1.1 has it: no other kinds. */
  skipBlank(): void {
    this.take(/[ \t\n\r]+/y);
  }

  /** An integer in the range of exact doubles (§2.1), without leading zeros. */
  integer(): number | undefined {
    const start = this.offset;
    const digits = this.take(/-?[0-9]+/y);
    if (digits === undefined) return undefined;
    if (!/^(0|-?[1-9][0-9]*)$/.test(digits)) this.fail(`"${digits}" is no whole number as JSON writes it`, start);
    const value = Number(digits);
    if (!Number.isSafeInteger(value)) this.fail(`${digits} is outside -(2^53)+1 to (2^53)-1`, start);
    return value;
  }

  /** A quoted text (§2.3.1.1), undefined where no quote stands. */
  quoted(): string | undefined {
    const quote = this.text[this.offset];
    if (quote !== '"' && quote !== "'") return undefined;
    const start = this.offset++;
    let value = '';
    for (;;) {
      const plain = this.take(/[^'"\\\u0000-\u001f]+/y);
      if (plain !== undefined) value += plain;
      if (this.atEnd) this.fail(`the text that begins here has no closing ${quote}`, start);
      const letter = this.text[this.offset]!;
      if (letter === quote) {
        this.offset++;
        if (!value.isWellFormed()) this.fail('the text holds half of a surrogate pair', start);
        return value;
      }
      if (letter === '\\') value += this.#escaped(quote);
      else if (letter < ' ') this.fail(`a text cannot hold ${this.found()} as it is`);
      else {
        value += letter;
        this.offset++;
      }
    }
  }

  #escaped(quote: string): string {
    const start = this.offset++;
    const letter = this.text[this.offset] ?? '';
    this.offset++;
    if (letter === quote) return quote;
    if (letter === 'u') {
      const unit = this.#hexadecimal(start);
      // A pair is two escapes; the second must be the other half.
      if (unit >= 0xdc00 && unit <= 0xdfff) this.fail('the second half of a surrogate pair comes first', start);
      if (unit < 0xd800 || unit > 0xdbff) return String.fromCharCode(unit);
      const low = this.accept('\\u') ? this.#hexadecimal(start) : 0;
      if (low < 0xdc00 || low > 0xdfff) this.fail('the second half of the surrogate pair is missing', start);
      return String.fromCharCode(unit, low);
    }
    if (Object.hasOwn(ESCAPES, letter)) return ESCAPES[letter]!;
    return this.fail(`"\\${letter}" is no escape in a text`, start);
  }

  #hexadecimal(start: number): number {
    const digits = this.take(/[0-9A-Fa-f]{4}/y);
    if (digits === undefined) this.fail('\\u is followed by four hexadecimal digits', start);
    return Number.parseInt(digits!, 16);
  }
}
