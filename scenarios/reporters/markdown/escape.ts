import { printable, printableLines } from '../printable.ts';

/**
 * Text that stays text: whatever means something to Markdown or HTML becomes a character reference, which CommonMark
 * (§2.5) never takes for structure. One line, so that it may stand in a table.
 */
export function text(plain: string): string {
  return printable(plain)
    .toWellFormed()
    .replace(/[&<>"'`*_~|\\[\]#@$]|^[-+]|^\d+\.|:\/\/|www\./g, references);
}

/** The same in a monospaced face. */
export function code(plain: string): string {
  return `<code>${text(plain)}</code>`;
}

/** A block of text as it is, in a fence that nothing in it can close. */
export function block(plain: string, language = ''): string {
  const lines = printableLines(plain.toWellFormed());
  const longest = Math.max(2, ...lines.map((line) => /^\s*(`+)/.exec(line)?.[1]?.length ?? 0));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${lines.join('\n')}\n${fence}\n`;
}

function references(found: string): string {
  return [...found].map((letter) => (/\w/.test(letter) ? letter : `&#${letter.codePointAt(0)};`)).join('');
}
