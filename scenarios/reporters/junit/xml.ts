const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** ` name="value"` for each, in order. */
export function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        ` ${name}="${escapeXml(String(value)).replace(/[\n\t]/g, (letter) => `&#${letter.charCodeAt(0)};`)}"`,
    )
    .join('');
}

/** One element with a text, or without where it is empty, and a line break. */
export function element(tag: string, values: Record<string, string>, text: string): string {
  const head = `${tag}${attributes(values)}`;
  return text === '' ? `<${head}/>\n` : `<${head}>${escapeXml(text)}</${tag}>\n`;
}

/** XML 1.0 §2.2 has no place for most control characters, not even escaped, and discourages those of U+007F to U+009F. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter]!)
    .replace(/\r/g, '&#13;');
}
