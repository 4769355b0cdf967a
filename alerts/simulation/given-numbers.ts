import type { MetricAggregate, SeriesAnswer, SeriesQuestion, SignalGroup } from '../rules/signal.ts';
import type { GivenSeries } from './policy-test.ts';

/** While a series neither changes its value nor its rate. Times are milliseconds since the start of the case. */
interface Segment {
  from_ms: number;
  to_ms: number;
  value: number | null;
  /** Null where the file gives no `per_minute`. */
  per_minute: number | null;
}

interface Line {
  series: GivenSeries;
  attributes: Readonly<Record<string, string>>;
  segments: readonly Segment[];
}

/** What is measured and has no `per_minute` counts as one sample a minute. */
const SAMPLES_A_MINUTE = 1;

const SEVERITY = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
/** Names that a question may use, for what a series calls shorter. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  'service.name': 'service',
  'http.route': 'route',
  'http.response.status_code': 'status',
  severity: 'level',
};

/** The numbers that a test gives, answered as a store would: over windows, and by attribute. */
export class GivenNumbers {
  readonly #lines: readonly Line[];

  constructor(series: readonly GivenSeries[]) {
    this.#lines = series.map((one) => ({ series: one, attributes: one.attributes, segments: segmentsOf(one) }));
  }

  /** @param now milliseconds since the start of the case */
  answer(question: Exclude<SeriesQuestion, { of: 'runs' }>, now: number): SeriesAnswer {
    const to = now - question.offset_ms;
    const window = { from: to - question.window_ms, to };
    const lines = this.#matching(question);
    const combinations = Map.groupBy(lines, ({ attributes }) =>
      JSON.stringify(question.by.map((name) => attributeOf(attributes, name) ?? null)),
    );
    const groups: SignalGroup[] = [];
    for (const [combination, members] of combinations) {
      const values = JSON.parse(combination) as (string | null)[];
      const group = measured(question, members, window);
      const named = question.by.flatMap((name, index) => (values[index] === null ? [] : [[name, values[index]!]]));
      if (group) groups.push({ labels: Object.fromEntries(named), ...group });
    }
    const aggregate = aggregateOf(question);
    const unit = isCount(aggregate) ? '1' : (lines.find(({ series }) => series.unit !== null)?.series.unit ?? null);
    return { unit, groups };
  }

  /**
   * Until when the answer stays as it is, or `now` itself while a change lies in the window.
   * @returns milliseconds since the start of the case, or infinity
   */
  constantUntil(question: Exclude<SeriesQuestion, { of: 'runs' }>, now: number): number {
    const to = now - question.offset_ms;
    const from = to - question.window_ms;
    let until = Number.POSITIVE_INFINITY;
    for (const { segments } of this.#matching(question)) {
      const inside = segments.find((segment) => segment.to_ms > from);
      if (inside && inside.from_ms > from && inside.from_ms <= to) return now;
      const change = inside ? (inside.from_ms > to ? inside.from_ms : inside.to_ms) : Number.POSITIVE_INFINITY;
      if (change <= to) return now;
      until = Math.min(until, change + question.offset_ms);
    }
    return until;
  }

  #matching(question: Exclude<SeriesQuestion, { of: 'runs' }>): Line[] {
    return this.#lines.filter(
      ({ series, attributes }) => series.of === question.of && matches(question, series, attributes),
    );
  }
}

function segmentsOf(series: GivenSeries): Segment[] {
  const { values, per_minute, from_ms, every_ms } = series;
  const length = Math.max(values?.length ?? 0, per_minute?.length ?? 0);
  const segments: Segment[] = [];
  for (let index = 0; index < length; index++) {
    const value = values ? values[Math.min(index, values.length - 1)]! : null;
    const rate = per_minute ? per_minute[Math.min(index, per_minute.length - 1)]! : null;
    const last = segments.at(-1);
    const from = from_ms + index * every_ms;
    if (last && last.value === value && last.per_minute === rate) last.to_ms = from + every_ms;
    else segments.push({ from_ms: from, to_ms: from + every_ms, value, per_minute: rate });
  }
  // What is there from the start was there before, and what comes last stays.
  if (from_ms === 0) segments[0]!.from_ms = Number.NEGATIVE_INFINITY;
  segments.at(-1)!.to_ms = Number.POSITIVE_INFINITY;
  return segments;
}

function matches(
  question: Exclude<SeriesQuestion, { of: 'runs' }>,
  series: GivenSeries,
  attributes: Readonly<Record<string, string>>,
): boolean {
  switch (question.of) {
    case 'metric':
      return (
        series.metric === question.metric &&
        Object.entries(question.where).every(([name, value]) => attributeOf(attributes, name) === value)
      );
    case 'logs':
      return (
        (question.service === null || attributes.service === question.service) &&
        (question.level === null || SEVERITY.indexOf(attributes.level ?? 'info') >= SEVERITY.indexOf(question.level)) &&
        (question.text === null || (attributes.text ?? '').toLowerCase().includes(question.text.toLowerCase()))
      );
    case 'requests':
      return (
        (question.service === null || attributes.service === question.service) &&
        (question.route === null || attributes.route === question.route) &&
        (question.synthetic === null || attributes.synthetic === String(question.synthetic)) &&
        (question.status === null || hasStatus(attributes.status!, question.status))
      );
  }
}

/** A series says a status or a class of them. */
function hasStatus(said: string, asked: string | number): boolean {
  const failed = said.startsWith('5');
  if (asked === 'error') return failed;
  if (asked === 'ok') return !failed;
  if (typeof asked === 'string') return said[0] === asked[0];
  return said === String(asked);
}

function attributeOf(attributes: Readonly<Record<string, string>>, name: string): string | undefined {
  return attributes[name] ?? attributes[ATTRIBUTES[name] ?? ''];
}

function aggregateOf(question: Exclude<SeriesQuestion, { of: 'runs' }>): MetricAggregate {
  return question.of === 'logs' ? 'count' : question.aggregate;
}

function isCount(aggregate: MetricAggregate): boolean {
  return aggregate === 'count';
}

/** Undefined where there is no data in the window. */
function measured(
  question: Exclude<SeriesQuestion, { of: 'runs' }>,
  lines: readonly Line[],
  { from, to }: { from: number; to: number },
): Pick<SignalGroup, 'value' | 'samples'> | undefined {
  let count = 0;
  let sum = 0;
  let counted = false;
  const parts: { value: number; weight: number }[] = [];
  for (const { segments, series } of lines) {
    for (const segment of segments) {
      const minutes = (Math.min(to, segment.to_ms) - Math.max(from, segment.from_ms)) / 60_000;
      const known = series.per_minute ? segment.per_minute !== null : segment.value !== null;
      if (minutes <= 0 || !known) continue;
      const weight = minutes * (segment.per_minute ?? SAMPLES_A_MINUTE);
      counted ||= segment.per_minute !== null;
      count += weight;
      sum += weight * (segment.value ?? 1);
      if (segment.value !== null && weight > 0) parts.push({ value: segment.value, weight });
    }
  }
  if (count === 0 && !counted) return undefined;
  const samples = counted ? count : null;
  const aggregate = aggregateOf(question);
  switch (aggregate) {
    case 'count':
      return { value: count, samples };
    case 'sum':
      return { value: sum, samples };
    case 'rate':
      return { value: (sum * 1_000) / question.window_ms, samples };
    default:
      return { value: parts.length > 0 ? statistic(aggregate, parts) : null, samples };
  }
}

function statistic(
  aggregate: Exclude<MetricAggregate, 'count' | 'sum' | 'rate'>,
  parts: readonly { value: number; weight: number }[],
): number {
  const total = parts.reduce((all, { weight }) => all + weight, 0);
  switch (aggregate) {
    case 'avg':
      return parts.reduce((all, { value, weight }) => all + value * weight, 0) / total;
    case 'min':
      return Math.min(...parts.map(({ value }) => value));
    case 'max':
      return Math.max(...parts.map(({ value }) => value));
    default: {
      const share = Number(aggregate.slice(1)) / 100;
      const sorted = [...parts].sort((a, b) => a.value - b.value);
      let below = 0;
      for (const { value, weight } of sorted) {
        below += weight;
        // Sums of fractions miss the exact share by a hair.
        if (below >= share * total - 1e-9) return value;
      }
      return sorted.at(-1)!.value;
    }
  }
}
