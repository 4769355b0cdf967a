import { Buffer } from 'node:buffer';

const BAR = 0x7c;
const COLON = 0x3a;
const D = 0x64;
const S = 0x73;

/**
 * A StatsD line as Telegraf takes it. Packed values (`name:1:2|h`), which it does not read, become a line each. A
 * distribution becomes a histogram: Telegraf writes every value of a distribution as a point with the time of the
 * interval, so that in InfluxDB the last one would overwrite the others; histograms it sums up.
 * @param line well-formed, without its newline
 * @returns the line itself where nothing changes, else lines with newlines between them
 */
export function forTelegraf(line: Buffer): Buffer {
  const bar = line.indexOf(BAR);
  const colon = line.indexOf(COLON);
  const type = line[bar + 1];
  const isDistribution = type === D && (bar + 2 === line.length || line[bar + 2] === BAR);
  const second = type === S ? -1 : line.indexOf(COLON, colon + 1);
  const isPacked = second > 0 && second < bar;
  if (!isDistribution && !isPacked) return line;
  const name = line.toString('latin1', 0, colon + 1);
  const rest = `|${isDistribution ? 'h' : String.fromCharCode(type!)}${line.toString('latin1', bar + 2)}`;
  const values = line.toString('latin1', colon + 1, bar).split(':');
  // A byte is a character of latin1, so that whatever the line holds comes out as it was.
  return Buffer.from(values.map((value) => name + value + rest).join('\n'), 'latin1');
}
