import { columns } from '../../../core/document/index.ts';

const CLEAR_LINE = '\r\u001b[K';

/** The last line of a terminal, written anew as things go on. Its text never breaks over two lines. */
export class LiveLine {
  readonly #width: number;
  #shown = false;

  constructor(width: number) {
    this.#width = width;
  }

  /** @param paint adds colours, after the text was cut to the terminal's width */
  show(text: string, paint: (text: string) => string): string {
    this.#shown = true;
    return `${CLEAR_LINE}${paint(cut(text, this.#width - 1))}`;
  }

  /** Text that stays, in the place of the live line. */
  above(text: string): string {
    const clear = this.#shown ? CLEAR_LINE : '';
    this.#shown = false;
    return clear + text;
  }
}

/** Cuts a text to a number of terminal columns; wide letters take two. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const letter of text) {
    used += columns(letter);
    if (used > width) break;
    kept += letter;
  }
  return `${kept}…`;
}
