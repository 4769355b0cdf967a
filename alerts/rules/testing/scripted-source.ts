import type {
  SeriesAnswer,
  SeriesQuestion,
  SignalAnswer,
  SignalGroup,
  SignalQuestion,
  SignalSource,
} from '../signal.ts';

/** Samples of one set of labels, in the order of their time: wall-clock milliseconds and value. */
export interface ScriptedSeries {
  of: SeriesQuestion['of'];
  labels: Readonly<Record<string, string>>;
  unit?: string;
  samples: (readonly [at: number, value: number])[];
}

/**
 * Answers from what a test wrote down. Samples are raw: what a question aggregates is aggregated here, over its own
 * window of wall-clock time, half-open at its begin. A sample counts for a question when its labels have every name of
 * `where`, `service`, `route`, `level`, `status` and `metric` that the question asks for.
 */
export class ScriptedSource implements SignalSource {
  readonly series: ScriptedSeries[] = [];
  readonly asked: SignalQuestion[] = [];
  /** What is not a series, by `of` and the name or target. */
  readonly fixed = new Map<string, unknown>();
  /** Why nothing can be asked at the moment; `hangs` never answers. */
  trouble: string | 'hangs' | null = null;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(series: ScriptedSeries): ScriptedSeries {
    this.series.push(series);
    return series;
  }

  async ask(question: SignalQuestion, abort: AbortSignal): Promise<never> {
    this.asked.push(question);
    if (this.trouble === 'hangs')
      await new Promise((_, reject) => abort.addEventListener('abort', () => reject(abort.reason)));
    if (this.trouble !== null) throw new Error(this.trouble);
    return this.answer(question) as never;
  }

  /** The same without waiting. */
  answer(question: SignalQuestion): SignalAnswer {
    if (question.of === 'certificate') return this.#known(`certificate ${question.target}`);
    if (question.of === 'heartbeat' || question.of === 'backend') return this.#known(`${question.of} ${question.name}`);
    return this.#measure(question);
  }

  #known(key: string): never {
    if (!this.fixed.has(key)) throw new Error(`the script has no ${key}`);
    return this.fixed.get(key) as never;
  }

  #measure(question: SeriesQuestion): SeriesAnswer {
    const to = this.#now() - question.offset_ms;
    const from = to - question.window_ms;
    const wanted = wantedLabels(question);
    const by = question.of === 'runs' ? [] : question.by;
    const values = new Map<string, number[]>();
    let unit: string | null = null;
    for (const series of this.series) {
      if (series.of !== question.of || wanted.some(([name, value]) => series.labels[name] !== value)) continue;
      unit = series.unit ?? null;
      const group = JSON.stringify(by.map((name) => series.labels[name] ?? ''));
      const within = series.samples.filter(([at]) => at > from && at <= to).map(([, value]) => value);
      if (within.length > 0) values.set(group, [...(values.get(group) ?? []), ...within]);
    }
    const groups: SignalGroup[] = [...values].map(([group, all]) => ({
      labels: Object.fromEntries((JSON.parse(group) as string[]).map((value, index) => [by[index]!, value])),
      value: aggregate(question, all),
      samples: all.length,
    }));
    return { unit, groups };
  }
}

function wantedLabels(question: SeriesQuestion): [string, string][] {
  const wanted: Record<string, unknown> =
    question.of === 'metric'
      ? { metric: question.metric, ...question.where }
      : question.of === 'runs'
        ? { id: question.ids[0], tag: question.tags[0], service: question.services[0], status: question.status }
        : question.of === 'logs'
          ? { service: question.service, level: question.level }
          : { service: question.service, route: question.route, status: question.status };
  return Object.entries(wanted).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
}

function aggregate(question: SeriesQuestion, values: number[]): number {
  const name = question.of === 'metric' || question.of === 'requests' ? question.aggregate : 'count';
  const sum = values.reduce((all, one) => all + one, 0);
  if (name === 'count') return values.length;
  if (name === 'sum') return sum;
  if (name === 'rate') return sum / (question.window_ms / 1_000);
  if (name === 'avg') return sum / values.length;
  const sorted = values.toSorted((a, b) => a - b);
  const share = name === 'min' ? 0 : name === 'max' ? 1 : Number(name.slice(1)) / 100;
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
