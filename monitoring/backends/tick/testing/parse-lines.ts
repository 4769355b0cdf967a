/** A point as InfluxDB 1.x reads it. Whole numbers are bigint. */
export interface Point {
  measurement: string;
  tags: Record<string, string>;
  fields: Record<string, string | number | bigint | boolean>;
  /** Nanoseconds. */
  time: bigint;
}

const LAST_NS = 9_223_372_036_854_775_806n;
const MAX_KEY_BYTES = 65_535;

/**
 * Reads line protocol by its grammar, apart from the product's own writer, as InfluxDB 1.x does: lines end outside of
 * quotes only, a backslash means something only before the characters that need it, and takes its neighbour along where lines are split.
 * @see https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
 */
export function parseLines(body: string): (Point | { error: string })[] {
  return splitLines(body)
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
    .map((line) => {
      try {
        return parseLine(line);
      } catch (error) {
        return { error: `unable to parse '${line}': ${(error as Error).message}` };
      }
    });
}

function splitLines(body: string): string[] {
  const lines: string[] = [];
  let start = 0;
  let isQuoted = false;
  let hasFields = false;
  for (let at = 0; at < body.length; at++) {
    const one = body[at];
    // Whatever follows a backslash is passed over here, unlike where words are read.
    if (one === '\\') at++;
    else if (one === ' ' && !isQuoted) hasFields = true;
    else if (one === '"' && hasFields) isQuoted = !isQuoted;
    else if (one === '\n' && !isQuoted) {
      lines.push(body.slice(start, at));
      start = at + 1;
      hasFields = false;
    }
  }
  lines.push(body.slice(start));
  return lines;
}

function parseLine(line: string): Point {
  const reader = { line, at: 0 };
  const measurement = word(reader, ', ', /[,= "]/);
  if (measurement === '') throw new Error('missing measurement');
  const tags: Record<string, string> = Object.create(null);
  while (line[reader.at] === ',') {
    reader.at++;
    const key = word(reader, '=, ');
    if (key === '' || line[reader.at] !== '=') throw new Error('missing tag key');
    reader.at++;
    const value = word(reader, ',= ');
    if (value === '' || line[reader.at] === '=') throw new Error('missing tag value');
    if (key in tags) throw new Error('duplicate tags');
    if (key === 'time') throw new Error('invalid tag key');
    tags[key] = value;
  }
  if (Buffer.byteLength(line.slice(0, reader.at)) > MAX_KEY_BYTES) throw new Error('max key length exceeded');
  if (line[reader.at] !== ' ') throw new Error('missing fields');
  const fields: Point['fields'] = Object.create(null);
  do {
    reader.at++;
    const key = word(reader, '=, ');
    if (key === '' || line[reader.at] !== '=') throw new Error('missing field key');
    reader.at++;
    fields[key] = fieldValue(reader);
  } while (line[reader.at] === ',');
  const time = line.slice(reader.at).trim();
  if (!/^-?\d+$/.test(time)) throw new Error('bad timestamp');
  if (BigInt(time) > LAST_NS) throw new Error('time outside range');
  return { measurement, tags, fields, time: BigInt(time) };
}

/** Up to one of `ends` that is not escaped. @param escaped before which a backslash means something */
function word(reader: { line: string; at: number }, ends: string, escaped = /[,= ]/): string {
  let text = '';
  for (; reader.at < reader.line.length; reader.at++) {
    const one = reader.line[reader.at]!;
    if (one === '\\' && escaped.test(reader.line[reader.at + 1] ?? '')) text += reader.line[++reader.at];
    else if (ends.includes(one)) break;
    else text += one;
  }
  return text;
}

function fieldValue(reader: { line: string; at: number }): Point['fields'][string] {
  const { line } = reader;
  if (line[reader.at] === '"') {
    let text = '';
    for (reader.at++; line[reader.at] !== '"'; reader.at++) {
      if (reader.at >= line.length) throw new Error('unbalanced quotes');
      if (line[reader.at] === '\\' && /["\\]/.test(line[reader.at + 1] ?? '')) reader.at++;
      text += line[reader.at];
    }
    reader.at++;
    return text;
  }
  const start = reader.at;
  while (reader.at < line.length && !', '.includes(line[reader.at]!)) reader.at++;
  const text = line.slice(start, reader.at);
  if (/^-?\d+i$/.test(text)) return BigInt(text.slice(0, -1));
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Error(text === '' ? 'missing field value' : 'invalid number');
}
