/**
 * What a substituted value is made safe for.
 * `none`: it becomes part of plain data, whose serialiser escapes it, or of a text without syntax of its own.
 */
export type Escaping = 'none' | 'url' | 'header' | 'json' | 'xml';

/** @param before what has been written so far: the place decides how strict to be */
type Escaper = (text: string, before: string) => { value: string } | { error: string };

export const escapers: Record<Escaping, Escaper> = {
  none: (text) => ({ value: text }),
  url: escapeUrl,
  // RFC 9110 §5.5; a line break would begin a header of the value's own making.
  header: (text) =>
    /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(text)
      ? { error: 'contains a character that a header cannot carry' }
      : { value: text },
  json: (text) => ({ value: JSON.stringify(text).slice(1, -1) }),
  xml: (text) => ({ value: text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`) }),
};

/** Percent-encodes (RFC 3986 §2.1) everything but unreserved characters. What begins a URL is a URL and stays as it is. */
function escapeUrl(text: string, before: string): { value: string } | { error: string } {
  if (before === '') return { value: text };
  if (!text.isWellFormed()) return { error: 'is not valid Unicode' };
  const inPath = !before.includes('?');
  // An empty id would turn DELETE /posts/{id} into DELETE /posts/, and a dot segment would climb.
  if (inPath && text === '') return { error: 'is empty, which would change the path' };
  if (inPath && /^\.{1,2}$/.test(text)) return { error: `is ${JSON.stringify(text)}, which would change the path` };
  return { value: encodeURIComponent(text) };
}
