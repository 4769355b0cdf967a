import type { EvidenceBody } from '../../../../control/resources.ts';

/** A body as a person reads it: JSON indented, everything else as it came. A truncated JSON body stays as it came. */
export function prettyBody(body: Pick<EvidenceBody, 'text' | 'content_type'>): { text: string; format: string } {
  const type = body.content_type?.split(';')[0]?.trim() ?? '';
  if (/[/+]json$/.test(type) || /^\s*[[{]/.test(body.text)) {
    try {
      return { text: indent(body.text), format: 'JSON' };
    } catch {
      return { text: body.text, format: type || 'text' };
    }
  }
  return { text: body.text, format: type || 'text' };
}

/** Indents by walking the text, so that numbers, key order and duplicate keys stay exactly what the server sent. */
function indent(json: string): string {
  JSON.parse(json);
  let out = '';
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const char = json[at]!;
    if (inString) {
      out += char;
      if (char === '\\') out += json[++at] ?? '';
      else if (char === '"') inString = false;
    } else if (char === '"') {
      inString = true;
      out += char;
    } else if (char === '{' || char === '[') {
      const close = /^\s*[}\]]/.exec(json.slice(at + 1, at + 200));
      if (close) {
        out += char + close[0].trim();
        at += close[0].length;
      } else out += `${char}\n${'  '.repeat(++depth)}`;
    } else if (char === '}' || char === ']') out += `\n${'  '.repeat(--depth)}${char}`;
    else if (char === ',') out += `,\n${'  '.repeat(depth)}`;
    else if (char === ':') out += ': ';
    else if (!/\s/.test(char)) out += char;
  }
  return out;
}
