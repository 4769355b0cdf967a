const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** HTML whose texts are escaped already; only the template tag below makes it from strings. */
export interface Html {
  readonly html: string;
}

export type Part = Html | string | number | null | false | readonly Part[];

/** `html\`<b>${text}</b>\``: every text that is put in is escaped, every Html stays as it is, null and false vanish. */
export function html(pieces: TemplateStringsArray, ...parts: Part[]): Html {
  return { html: pieces.reduce((before, piece, index) => before + written(parts[index - 1]!) + piece) };
}

function written(part: Part): string {
  if (part === null || part === false) return '';
  if (typeof part === 'object') return 'html' in part ? part.html : part.map(written).join('');
  return escapeText(String(part));
}

/** Safe in an element and in a quoted attribute. Control characters and those that turn the direction of text are replaced. */
function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter]!);
}
