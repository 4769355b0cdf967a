import { type Static, Type } from 'typebox';
import { formatDuration, parseDuration } from '../../core/units.ts';
import type { RuleProblem } from './rule.ts';
import { asTexts, closed, duration, labels, text, texts } from './schema-words.ts';
import type { MetricAggregate, SeriesAnswer, SeriesQuestion, SignalAnswer, SignalGroup } from './signal.ts';

/** What rules measure: a metric, log records, requests or runs, over a window. One of the four in each series. */

const AGGREGATES = ['count', 'sum', 'rate', 'avg', 'min', 'max', 'p50', 'p90', 'p95', 'p99'] as const;
const OF_REQUESTS = ['count', 'p50', 'p95', 'p99'];
const STATUSES = ['2xx', '3xx', '4xx', '5xx', 'ok', 'error'] as const;

/** Shorter windows hold too little, longer ones are not kept. */
const SHORTEST_WINDOW_MS = 1_000;
const LONGEST_WINDOW_MS = 31 * 86_400_000;
const DEFAULT_WINDOW_MS = 300_000;
const LONGEST_DELAY_MS = 86_400_000;
/** More would tell single requests apart. */
const MOST_ATTRIBUTES = 5;

const Logs = Type.Object(
  {
    service: Type.Optional(text('Only of this service.', 'reference-api')),
    level: Type.Optional(
      Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
        description: 'This level and everything more severe.',
        examples: ['error'],
      }),
    ),
    text: Type.Optional(text('A piece of message or exception, in any case.', 'connection refused')),
  },
  { ...closed, description: 'How many log records.', examples: [{ service: 'reference-api', level: 'error' }] },
);

const Requests = Type.Object(
  {
    service: Type.Optional(text('Only of this service.', 'reference-api')),
    route: Type.Optional(text('Only of this route, as the service names it.', '/v1/posts')),
    status: Type.Optional(
      Type.Union([Type.Enum(STATUSES), Type.Integer({ minimum: 100, maximum: 599 })], {
        'x-expected': `one of ${STATUSES.join(', ')} or a status such as 503`,
        description: '`error`: 5xx, or a failure without a status; `ok`: everything else; a class; one status.',
        examples: ['5xx'],
      }),
    ),
    synthetic: Type.Optional(
      Type.Boolean({
        description: 'false leaves out requests made by scenarios, true keeps only them; all count when absent.',
        examples: [false],
      }),
    ),
  },
  {
    ...closed,
    description: 'Requests that a service answered: their number, or with `aggregate` how long they took.',
    examples: [{ service: 'reference-api', status: '5xx' }],
  },
);

const Runs = Type.Object(
  {
    scenarios: Type.Optional(texts('Of scenarios with these ids.', ['post-journey'])),
    tags: Type.Optional(texts('Of scenarios with any of these tags.', ['critical'])),
    services: Type.Optional(texts('Of scenarios of these services.', ['reference-api'])),
    environments: Type.Optional(texts('In these environments.', ['production'])),
    status: Type.Optional(
      Type.Enum(['passed', 'failed'], { description: 'Only those that ended so.', examples: ['failed'] }),
    ),
  },
  { ...closed, description: 'How many runs of scenarios ended.', examples: [{ tags: ['critical'], status: 'failed' }] },
);

const parts = {
  metric: Type.Optional(text('Name of a metric; it needs `aggregate`.', 'http.server.request.duration')),
  logs: Type.Optional(Logs),
  requests: Type.Optional(Requests),
  runs: Type.Optional(Runs),
  aggregate: Type.Optional(
    Type.Enum(AGGREGATES, {
      description: 'What is made of the samples in the window; with `requests` count, p50, p95 or p99.',
      examples: ['p95'],
    }),
  ),
  where: Type.Optional(labels('Attributes of the metric and their values.', { 'service.name': 'reference-api' })),
  by: Type.Optional(
    Type.Union(
      [
        Type.String({ minLength: 1 }),
        Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: MOST_ATTRIBUTES, uniqueItems: true }),
      ],
      {
        'x-expected': `the name of an attribute, or a list of up to ${MOST_ATTRIBUTES} different ones`,
        description:
          'An attribute, or several; each combination of their values is judged by itself, and fires by itself.',
        examples: ['http.route', ['service.name', 'http.route']],
      },
    ),
  ),
};

/** A series with a window of its own. */
export const SeriesSchema = (description: string, example: object) =>
  Type.Object(
    {
      ...parts,
      window: Type.Optional(duration('How far back it looks; 5m when absent.', '5m')),
      delay: Type.Optional(
        duration('The window ends so long ago: for a store that gets its data late. 0s when absent.', '1m'),
      ),
    },
    { ...closed, description, examples: [example] },
  );

/** A series whose window is said elsewhere. */
export const BareSeriesSchema = (description: string, example: object) =>
  Type.Object(parts, {
    ...closed,
    'x-elsewhere': { window: 'the window is a key of the rule here' },
    description,
    examples: [example],
  });

export type WrittenSeries = Static<ReturnType<typeof SeriesSchema>>;

const KINDS = ['metric', 'logs', 'requests', 'runs'] as const;

/** What the schema cannot say about a series. */
export function checkSeries(written: WrittenSeries, path: readonly (string | number)[]): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const named = KINDS.filter((kind) => written[kind] !== undefined);
  if (named.length !== 1) {
    const message = named.length === 0 ? 'nothing is measured' : `only one of ${named.join(', ')} can be measured`;
    problems.push({ path, part: 'key', message, hint: 'one of metric, logs, requests and runs' });
    return problems;
  }
  const [kind] = named;
  const refuse = (key: 'aggregate' | 'where' | 'by', hint: string) => {
    if (written[key] !== undefined) {
      problems.push({ path: [...path, key], part: 'key', message: `"${key}" does not go with ${kind}`, hint });
    }
  };
  if (kind === 'metric' && written.aggregate === undefined) {
    const hint = `aggregate: one of ${AGGREGATES.join(', ')}`;
    problems.push({ path: [...path, 'metric'], part: 'key', message: 'a metric needs "aggregate"', hint });
  }
  if (kind === 'requests' && written.aggregate !== undefined && !OF_REQUESTS.includes(written.aggregate)) {
    const message = `requests have no ${written.aggregate}`;
    problems.push({ path: [...path, 'aggregate'], message, hint: `one of ${OF_REQUESTS.join(', ')}` });
  }
  if (kind === 'logs' || kind === 'runs') refuse('aggregate', 'they are counted');
  if (kind !== 'metric') refuse('where', `say it under ${kind}: { … }`);
  if (kind === 'runs') refuse('by', 'their number is one');
  if (written.delay !== undefined && parseDuration(written.delay)! > LONGEST_DELAY_MS) {
    problems.push({ path: [...path, 'delay'], message: 'a delay is at most 1d' });
  }
  return [...problems, ...checkWindow(written.window, [...path, 'window'])];
}

export function checkWindow(written: string | undefined, path: readonly (string | number)[]): RuleProblem[] {
  const ms = written === undefined ? DEFAULT_WINDOW_MS : parseDuration(written)!;
  if (ms >= SHORTEST_WINDOW_MS && ms <= LONGEST_WINDOW_MS) return [];
  return [{ path, message: 'a window is at least 1s and at most 31d' }];
}

/**
 * @param windowMs instead of the series's own
 * @param offsetMs the window ends so much earlier than now, beside the series's own delay
 */
export function compileSeries(written: WrittenSeries, windowMs?: number, offsetMs = 0): SeriesQuestion {
  const windowed = {
    window_ms: windowMs ?? (written.window === undefined ? DEFAULT_WINDOW_MS : parseDuration(written.window)!),
    offset_ms: offsetMs + (written.delay === undefined ? 0 : parseDuration(written.delay)!),
  };
  const by = [written.by ?? []].flat();
  if (written.metric !== undefined) {
    const { metric, aggregate } = written;
    return {
      of: 'metric',
      metric,
      aggregate: aggregate as MetricAggregate,
      where: asTexts(written.where),
      by,
      ...windowed,
    };
  }
  if (written.logs !== undefined) {
    const { service = null, level = null, text: words = null } = written.logs;
    return { of: 'logs', service, level, text: words, by, ...windowed };
  }
  if (written.requests !== undefined) {
    const { service = null, route = null, status = null, synthetic = null } = written.requests;
    const aggregate = (written.aggregate ?? 'count') as 'count' | 'p50' | 'p95' | 'p99';
    return { of: 'requests', service, route, status, synthetic, aggregate, by, ...windowed };
  }
  const { scenarios = [], tags = [], services = [], environments = [], status = null } = written.runs!;
  return { of: 'runs', ids: scenarios, tags, services, environments, status, ...windowed };
}

/** Whether nothing at all means zero, and not that there is no data: records, requests and runs are counted here. */
export function isCounted(question: SeriesQuestion): boolean {
  return (
    question.of === 'logs' || question.of === 'runs' || (question.of === 'requests' && question.aggregate === 'count')
  );
}

/** Values and their labels. Where something is counted and nothing was found, that is zero; what is no number is no data. */
export function groupsOf(question: SeriesQuestion, answer: SignalAnswer): readonly SignalGroup[] {
  const groups = (answer as SeriesAnswer).groups.map((group) =>
    group.value !== null && !Number.isFinite(group.value) ? { ...group, value: null } : group,
  );
  const counted = isCounted(question);
  if (groups.length === 0 && labelsOf(question).length === 0)
    return [{ labels: {}, value: counted ? 0 : null, samples: 0 }];
  return counted ? groups.map((group) => (group.value === null ? { ...group, value: 0 } : group)) : groups;
}

/** UCUM unit of the values, as far as it is known. */
export function unitOf(question: SeriesQuestion, answer: SignalAnswer): string | null {
  if (isCounted(question) || (question.of === 'metric' && question.aggregate === 'count')) return '1';
  return (answer as SeriesAnswer).unit;
}

/** Attributes that its groups are told apart by. */
export function labelsOf(question: SeriesQuestion): readonly string[] {
  return question.of === 'runs' ? [] : question.by;
}

/** What a group is found by in another answer to a question with the same `by`, whatever the order of its attributes. */
export function groupKey(question: SeriesQuestion, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([...labelsOf(question)].sort().map((name) => labels[name] ?? null));
}

export function serviceOf(question: SeriesQuestion): string | null {
  if (question.of === 'metric') return question.where['service.name'] ?? null;
  if (question.of === 'runs') return question.services.length === 1 ? question.services[0]! : null;
  return question.service;
}

/** What is measured, in the words of a page: `p95 of http.server.request.duration of /v1/posts`. */
export function subjectOf(question: SeriesQuestion, labelsOfIt: Readonly<Record<string, string>>): string {
  return ofLabels(measures, question, labelsOfIt);
}

/** How many of it there are: `12 errors of billing within 5 min`. Only of what is counted. */
export function countOf(question: SeriesQuestion, labelsOfIt: Readonly<Record<string, string>>, shown: string): string {
  const many = thingOf(question, labelsOfIt);
  const said = shown === '1' ? many.replace(/\b(error|record|request|run)s\b/, '$1') : many;
  return `${shown} ${said} within ${formatDuration(question.window_ms)}`;
}

/** What is heard of, without how it is measured: `log records of billing`. */
export function thingOf(question: SeriesQuestion, labelsOfIt: Readonly<Record<string, string>>): string {
  return ofLabels(things, question, labelsOfIt);
}

/** Words of a question, kept because they are the same at every evaluation. */
interface Words {
  kept: WeakMap<SeriesQuestion, string>;
  say(question: SeriesQuestion): string;
}

const measures: Words = { kept: new WeakMap(), say: measure };
const things: Words = { kept: new WeakMap(), say: thing };

function ofLabels(words: Words, question: SeriesQuestion, labelsOfIt: Readonly<Record<string, string>>): string {
  let said = words.kept.get(question);
  if (said === undefined) {
    said = words.say(question);
    words.kept.set(question, said);
  }
  // Where the question names the service, its words do already.
  const told = serviceOf(question) === null ? null : 'service.name';
  const values = labelsOf(question).flatMap((name) =>
    name === told && said.includes(labelsOfIt[name] ?? '') ? [] : labelsOfIt[name] || [],
  );
  return values.length > 0 ? `${said} of ${values.join(', ')}` : said;
}

function measure(question: SeriesQuestion): string {
  if (question.of === 'metric') return `${question.aggregate} of ${thing(question)}`;
  if (question.of === 'requests' && question.aggregate !== 'count')
    return `${question.aggregate} of ${thing(question)}`;
  return `number of ${thing(question)} within ${formatDuration(question.window_ms)}`;
}

/** In the word that people have for them. */
function records(level: Extract<SeriesQuestion, { of: 'logs' }>['level']): string {
  if (level === 'error' || level === 'fatal') return level === 'error' ? 'errors' : 'fatal errors';
  return level === null ? 'log records' : `log records of ${level} and above`;
}

function thing(question: SeriesQuestion): string {
  if (question.of === 'metric') return question.metric;
  if (question.of === 'logs') {
    const { level, service, text: piece } = question;
    return `${records(level)}${service === null ? '' : ` of ${service}`}${piece === null ? '' : ` with "${piece}"`}`;
  }
  if (question.of === 'runs') {
    const names = [...question.ids, ...question.tags, ...question.services].join(', ');
    return `${question.status === null ? '' : `${question.status} `}runs${names && ` of ${names}`}`;
  }
  const status = question.status === null ? '' : `${question.status} `;
  return `${status}requests${question.route === null ? '' : ` on ${question.route}`}`;
}
