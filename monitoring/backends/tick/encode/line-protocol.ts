import { Buffer } from 'node:buffer';

/**
 * InfluxDB's line protocol: `measurement,tag=value field=value time`.
 * A tag or a name cannot hold a line end, nor a backslash at its end or before what it could escape (1.x takes two
 * backslashes for a pair, and reads \" in a name as a quote): line ends become spaces, such backslashes slashes.
 * @see https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
 */

/** Of a field's string, in bytes of UTF-8. */
export const MAX_STRING_BYTES = 65_535;
/** Of a tag's value, in UTF-16 units; a series key may take 65,535 bytes in all. */
const MAX_TAG_LENGTH = 256;
const CUT = '…[cut]';

const SPECIAL = /[,= \\\u0000-\u001f\u007f]/;

/** Name of a measurement. */
export function measurement(name: string): string {
  return SPECIAL.test(name) || name.length > MAX_TAG_LENGTH ? plain(name).replace(/[, ]/g, '\\$&') : name;
}

/** A key of a tag or of a field, or the value of a tag. */
export function tagPart(text: string): string {
  return SPECIAL.test(text) || text.length > MAX_TAG_LENGTH ? plain(text).replace(/[,= ]/g, '\\$&') : text;
}

/** `,key=value`; nothing for an empty value, which InfluxDB does not take. */
export function tag(key: string, value: string): string {
  return value === '' ? '' : `,${key}=${tagPart(value)}`;
}

/** A string as a field, quoted; what is longer than 64 KiB is cut. */
export function quoted(text: string): string {
  const short = cut(text, MAX_STRING_BYTES);
  return `"${/["\\]/.test(short) ? short.replace(/["\\]/g, '\\$&') : short}"`;
}

/** Cuts a text to so many bytes of UTF-8, and says so at its end. */
export function cut(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes - Buffer.byteLength(CUT);
  // Not in the middle of a character: its later bytes are 10xxxxxx.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end) + CUT;
}

function plain(text: string): string {
  let short = text.length > MAX_TAG_LENGTH ? text.slice(0, MAX_TAG_LENGTH) : text;
  // Half of a surrogate pair would be written as a replacement character and read back as another text.
  if (/[\ud800-\udbff]$/.test(short)) short = short.slice(0, -1);
  return short.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/\\+(?=[,= "]|$)/g, (run) => '/'.repeat(run.length));
}
