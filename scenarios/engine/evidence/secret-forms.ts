import { SHORTEST_LITERAL } from './literal-search.ts';

/** Below this, a text is too common to be searched for inside other words. */
export const SHORTEST_INSIDE = SHORTEST_LITERAL;
const SHORTEST_EMBEDDED = 6;

/**
 * Every way in which a secret is likely to appear in text: as it is, URL-encoded, escaped for JSON or HTML, in hex,
 * and in base64 of itself or of a longer text around it (Basic credentials).
 */
export function formsOf(secret: string): string[] {
  if (secret === '') return [];
  const forms = new Set<string>([secret]);
  // Letters and digits stay what they are in URLs, JSON and HTML.
  if (!/^[\w.-]*$/.test(secret)) addEscaped(forms, secret);
  addBase64(forms, secret);
  // As filters may write it.
  forms.add(secret.toLowerCase());
  forms.add(secret.toUpperCase());
  if (secret.length >= SHORTEST_EMBEDDED) {
    const hex = Buffer.from(secret).toString('hex');
    forms.add(hex);
    forms.add(hex.toUpperCase());
  }
  return [...forms].filter((form) => form.length >= SHORTEST_INSIDE);
}

function addEscaped(forms: Set<string>, secret: string): void {
  const encoded = percentEncode(secret);
  if (encoded !== secret) {
    forms.add(encoded);
    forms.add(encoded.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()));
    forms.add(encoded.replaceAll('%20', '+'));
    forms.add(new URLSearchParams([['', secret]]).toString().slice(1));
    forms.add(encodeURI(secret.toWellFormed()));
    forms.add(encodeURIComponent(secret.toWellFormed()));
    // Encoded once more, as a URL within a URL is.
    forms.add(percentEncode(encoded));
  }
  const json = JSON.stringify(secret).slice(1, -1);
  if (json !== secret) {
    forms.add(json);
    forms.add(JSON.stringify(json).slice(1, -1));
    forms.add(encodeURIComponent(json));
    addBase64(forms, json);
  }
  forms.add(json.replaceAll('/', '\\/'));
  forms.add(json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`));
  if (!/[&<>"']/.test(secret)) return;
  // By name, as most write it, and by number, as templates in XML do.
  for (const entity of [named, decimal, hexadecimal]) {
    const escaped = secret.replace(/[&<>"']/g, entity);
    forms.add(escaped);
    forms.add(JSON.stringify(escaped).slice(1, -1));
  }
}

const declared = new Map<string, readonly string[]>();
const MOST_DECLARED = 200;

/** As formsOf, for secrets of the configuration: every run asks for the same ones. */
export function formsOfDeclared(secret: string): readonly string[] {
  let forms = declared.get(secret);
  if (!forms) {
    forms = formsOf(secret);
    if (declared.size >= MOST_DECLARED) declared.clear();
    declared.set(secret, forms);
  }
  return forms;
}

/** Whether a secret is so short that it is only looked for as a whole value. */
export function isShort(secret: string): boolean {
  return secret.length < SHORTEST_INSIDE;
}

const percentEncode = (text: string) =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const named = (char: string) => HTML[char]!;
const decimal = (char: string) => `&#${char.charCodeAt(0)};`;
const hexadecimal = (char: string) => `&#x${char.charCodeAt(0).toString(16)};`;

/**
 * Base64 of the secret alone, and the characters that stay the same wherever the secret starts within a longer text:
 * three alignments, without the characters at either end that share bits with its neighbours.
 */
function addBase64(forms: Set<string>, secret: string): void {
  const bytes = Buffer.from(`\0\0${secret}`);
  const length = bytes.length - 2;
  addBoth(forms, bytes.toString('base64', 2).replaceAll('=', ''));
  if (length < SHORTEST_EMBEDDED) return;
  for (let shift = 0; shift < 3; shift++) {
    const text = bytes.toString('base64', 2 - shift);
    const firstOwn = Math.ceil((shift * 8) / 6);
    const lastOwn = Math.floor(((shift + length) * 8) / 6);
    addBoth(forms, text.slice(firstOwn, lastOwn));
  }
}

/** In both alphabets (RFC 4648 §4, §5). */
function addBoth(forms: Set<string>, base64: string): void {
  forms.add(base64);
  if (/[+/]/.test(base64)) forms.add(base64.replaceAll('+', '-').replaceAll('/', '_'));
}
