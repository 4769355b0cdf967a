import { randomHex } from './randomness.js';
import { wellFormed } from './templates.js';

/** A multipart/form-data body (RFC 7578): fields, a list repeats its name, and files as they are. */
export function multipartOf(parts) {
  const boundary = `ringdown-${randomHex(32)}`;
  const quoted = (part) => part.replace(/["\r\n]/g, (letter) => encodeURIComponent(letter));
  const pieces = parts.flatMap(([name, value, file]) => {
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"`;
    if (file) {
      const about = `${head}; filename="${quoted(file.filename)}"\r\ncontent-type: ${file.type}\r\n\r\n`;
      return [utf8(about), new Uint8Array(file.bytes), utf8('\r\n')];
    }
    return (Array.isArray(value) ? value : [value]).map((one) => {
      const plain = typeof one === 'object' && one !== null ? JSON.stringify(one) : String(one ?? '');
      return utf8(`${head}\r\n\r\n${plain}\r\n`);
    });
  });
  pieces.push(utf8(`--${boundary}--\r\n`));
  const body = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return { boundary, body: body.buffer };
}

/** The bytes of a text in UTF-8. */
function utf8(value) {
  const units = encodeURIComponent(wellFormed(value)).match(/%..|[^%]/g) ?? [];
  return Uint8Array.from(units, (unit) => (unit[0] === '%' ? Number.parseInt(unit.slice(1), 16) : unit.charCodeAt(0)));
}
