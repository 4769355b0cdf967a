/** One StatsD or DogStatsD sample. */
export interface StatsdMetric {
  name: string;
  /** c counter, g gauge, ms timer, h histogram, d distribution, s set. */
  type: 'counter' | 'gauge' | 'timer' | 'histogram' | 'distribution' | 'set';
  /** Milliseconds for timers; empty for a set. Several when the line packs them (`name:1:2:3|h`). */
  values: number[];
  /** A set's member; empty otherwise. */
  member: string;
  /** A gauge with a sign (`+3`, `-3`) changes the value instead of setting it. */
  relative: boolean;
  /** 0 < rate ≤ 1; a counter's true increment is value / rate. */
  sampleRate: number;
  /** `#key:value,flag`: a tag without a value has an empty one. No inherited properties. */
  tags: Record<string, string>;
  /** Unix seconds, from DogStatsD's `T` extension. */
  timestamp: number | undefined;
  /** From DogStatsD's `c:` extension. */
  containerId: string | undefined;
}

/** Longer lines are malformed, whatever they hold. Bytes of UTF-8; a string is measured in UTF-16 units. */
export const MAX_LINE_LENGTH = 8192;

const TYPES: Record<string, StatsdMetric['type']> = {
  c: 'counter',
  m: 'counter',
  g: 'gauge',
  ms: 'timer',
  h: 'histogram',
  d: 'distribution',
  s: 'set',
};
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Reads one line: `name:value[:value…]|type[|@rate][|#tags][|c:container][|T<seconds>][|e:…][|card:…]`.
 * Sections it does not know are passed over, as DogStatsD agents do. DogStatsD events (`_e{`) and service checks
 * (`_sc|`) are not metrics.
 * @returns undefined when the line is malformed
 * @see https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/
 */
export function parseStatsd(line: string): StatsdMetric | undefined {
  if (line.length > MAX_LINE_LENGTH) return undefined;
  const bar = line.indexOf('|');
  if (bar < 0) return undefined;
  const colon = line.lastIndexOf(':', bar);
  if (colon < 1) return undefined;
  const typeEnd = endOfSection(line, bar + 1);
  const type = TYPES[line.slice(bar + 1, typeEnd)];
  if (!type) return undefined;
  // The name ends at the first colon; further colons separate packed values. A set's member may contain any of them.
  const nameEnd = line.indexOf(':');
  if (nameEnd < 1 || line.startsWith('_e{') || line.startsWith('_sc|')) return undefined;
  const metric: StatsdMetric = {
    name: line.slice(0, nameEnd),
    type,
    values: [],
    member: '',
    relative: false,
    sampleRate: 1,
    tags: Object.create(null) as Record<string, string>,
    timestamp: undefined,
    containerId: undefined,
  };
  const value = line.slice(nameEnd + 1, bar);
  if (value === '') return undefined;
  if (type === 'set') metric.member = value;
  else if (!readValues(value, metric)) return undefined;
  for (let start = typeEnd + 1; start <= line.length; ) {
    const end = endOfSection(line, start);
    if (!readSection(line.slice(start, end), metric)) return undefined;
    start = end + 1;
  }
  return metric;
}

function endOfSection(line: string, start: number): number {
  const end = line.indexOf('|', start);
  return end < 0 ? line.length : end;
}

function readValues(text: string, metric: StatsdMetric): boolean {
  const parts = text.includes(':') ? text.split(':') : [text];
  for (const part of parts) {
    if (!NUMBER.test(part)) return false;
    const value = Number(part);
    if (!Number.isFinite(value)) return false;
    metric.values.push(value);
  }
  metric.relative = metric.type === 'gauge' && (text[0] === '+' || text[0] === '-');
  return true;
}

function readSection(section: string, metric: StatsdMetric): boolean {
  switch (section[0]) {
    case '@': {
      const rate = NUMBER.test(section.slice(1)) ? Number(section.slice(1)) : 0;
      if (!(rate > 0 && rate <= 1)) return false;
      metric.sampleRate = rate;
      return true;
    }
    case '#':
      for (const tag of section.slice(1).split(',')) {
        if (tag === '') continue;
        const colon = tag.indexOf(':');
        if (colon < 0) metric.tags[tag] = '';
        else metric.tags[tag.slice(0, colon)] = tag.slice(colon + 1);
      }
      return true;
    case 'T': {
      if (!/^T\d{1,12}$/.test(section)) return false;
      metric.timestamp = Number(section.slice(1));
      return true;
    }
    default:
      if (section.startsWith('c:')) metric.containerId = section.slice(2);
      return true;
  }
}
