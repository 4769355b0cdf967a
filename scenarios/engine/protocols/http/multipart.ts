import type { FilePart } from './spec.ts';

export type FilledPart =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly file: FilePart };

/**
 * A `multipart/form-data` body (RFC 7578), binary as it is.
 * @param boundary that stands in none of the parts
 */
export function multipartBody(parts: readonly FilledPart[], boundary: string): Buffer {
  const pieces = parts.flatMap((part) => {
    const name = `--${boundary}\r\ncontent-disposition: form-data; name="${escaped(part.name)}"`;
    if (!('file' in part)) return [Buffer.from(`${name}\r\n\r\n${part.text}\r\n`)];
    const { bytes, filename, contentType } = part.file;
    const head = `${name}; filename="${escaped(filename)}"\r\ncontent-type: ${contentType}\r\n\r\n`;
    return [Buffer.from(head), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** As browsers do: these three would end the quotes or the header. */
function escaped(text: string): string {
  return text.replace(/["\r\n]/g, (letter) => encodeURIComponent(letter));
}
