import type { SeriesQuestion } from '../../rules/signal.ts';
import { CannotExpress, type CompileContext } from '../compiler.ts';
import { metricKind } from '../metrics.ts';

type Path = readonly (string | number)[];
export type Query = Readonly<Record<string, unknown>>;

/** One series in a search: an aggregation within each group, and how Painless reads its value. */
export interface Slot {
  index: string;
  /** Conditions of its documents besides their time. */
  filter: readonly Query[];
  /** Below the filter. */
  aggs: Readonly<Record<string, unknown>>;
  /** Painless: the value of this slot `s`, null for no data. */
  value: string;
  /** Painless: of how many samples. */
  samples: string;
  /** Fields that are grouped by. */
  groups: readonly string[];
  unit: string;
  own: string;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const OF_RESOURCE: Readonly<Record<string, string>> = {
  'service.name': 'service.name',
  'service.version': 'service.version',
  'deployment.environment.name': 'service.environment',
};
/** The level is none of the attributes of a record. */
const OF_LOGS: Readonly<Record<string, string>> = { ...OF_RESOURCE, 'log.level': 'log.level', level: 'log.level' };
const OF_SPANS: Readonly<Record<string, string>> = {
  ...OF_RESOURCE,
  'http.request.method': 'http.request.method',
  'http.response.status_code': 'http.response.status_code',
  'http.route': 'http.route',
  'url.path': 'url.path',
  'client.address': 'client.address',
  'user.id': 'user.id',
};
const REQUEST_DURATION = 'http.server.request.duration';

const term = (field: string, value: string | number): Query => ({ term: { [field]: value } });
const terms = (field: string, values: readonly string[]): Query[] =>
  values.length === 0 ? [] : [{ terms: { [field]: [...values] } }];
const FAILED: Query = { range: { 'http.response.status_code': { gte: 500 } } };
const SYNTHETIC: Query = { exists: { field: 'user_agent.synthetic.type' } };
const count = { aggs: {}, value: 's.doc_count * 1.0', samples: 's.doc_count', unit: '1', own: '1' };

/** @throws CannotExpress */
export function slotOf(
  question: SeriesQuestion,
  unit: 'ms' | 'By' | 'share' | null,
  { metrics, settings }: CompileContext,
  path: Path,
): Slot {
  const index = (signal: string) => `${signal}-${settings.prefix}.*`;
  const by = question.of === 'runs' ? [] : question.by;
  switch (question.of) {
    case 'logs': {
      const { service, level, text } = question;
      const filter = [
        ...(service === null ? [] : [term('service.name', service)]),
        ...(level === null ? [] : terms('log.level', LEVELS.slice(LEVELS.indexOf(level)))),
        ...(text === null ? [] : [searched(text)]),
      ];
      return {
        index: index('logs'),
        filter,
        ...count,
        groups: by.map((name) => ownOf(OF_LOGS, name) ?? `attributes.${name}`),
      };
    }
    case 'requests': {
      const { service, route, status, synthetic, aggregate } = question;
      const filter = [
        term('span.kind', 'server'),
        ...(service === null ? [] : [term('service.name', service)]),
        ...(route === null ? [] : [term('http.route', route)]),
        ...(synthetic === null ? [] : [synthetic ? SYNTHETIC : { bool: { must_not: [SYNTHETIC] } }]),
        ...ofStatus(status),
      ];
      const groups = by.map(spanField);
      if (aggregate === 'count') return { index: index('traces'), filter, ...count, groups };
      const rank = Number(aggregate.slice(1));
      return { index: index('traces'), filter, ...percentile('event.duration', rank), groups, unit: 'ns', own: 'ms' };
    }
    case 'runs': {
      if (question.tags.length > 0)
        throw new CannotExpress(
          [...path, 'runs', 'tags'],
          'runs are kept without the tags of their scenario',
          'name ids or services',
        );
      return { index: index('logs'), filter: runsFilter(question, question.status), ...count, groups: [] };
    }
    case 'metric': {
      const { metric, aggregate, where, window_ms } = question;
      const kind = metricKind(metrics, metric, aggregate, unit);
      const cannot = (why: string, hint?: string) => new CannotExpress([...path, 'aggregate'], why, hint);
      if (metric === REQUEST_DURATION) {
        const filter = [
          term('span.kind', 'server'),
          ...Object.entries(where).map(([key, value]) => term(spanField(key), value)),
        ];
        const spans = { index: index('traces'), filter, groups: by.map(spanField) };
        if (aggregate === 'count') return { ...spans, ...count };
        if (aggregate === 'rate') return { ...spans, ...count, value: `s.doc_count / ${window_ms / 1_000}.0` };
        if (/^p\d/.test(aggregate))
          return { ...spans, ...percentile('event.duration', Number(aggregate.slice(1))), unit: 'ns', own: 's' };
        return { ...spans, ...single(aggregate, 'event.duration'), unit: 'ns', own: 's' };
      }
      const filter = [
        term('metric.name', metric),
        ...Object.entries(where).map(([key, value]) => labelled(key, value)),
        // Running totals cannot be added up.
        { bool: { must_not: [term('metric.temporality', 'cumulative')] } },
      ];
      const groups = by.map((name) => ownOf(OF_RESOURCE, name) ?? `attributes.${name}`);
      const points = { index: index('metrics'), filter, groups, unit: kind.unit, own: kind.unit };
      if (kind.type === 'gauge') {
        if (aggregate === 'count') return { ...points, ...count };
        if (!['avg', 'min', 'max'].includes(aggregate))
          throw cannot(`a gauge has no ${aggregate} in Elasticsearch`, 'avg, min or max');
        return { ...points, ...single(aggregate, 'metric.value') };
      }
      if (settings.temporality !== 'delta') {
        throw cannot(
          `running totals of ${metric} cannot be added up by a search`,
          'send deltas (OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta) and say --set temporality=delta',
        );
      }
      const perSecond = aggregate === 'rate' ? ` / ${window_ms / 1_000}.0` : '';
      if (kind.type === 'counter') {
        if (!['sum', 'rate', 'count'].includes(aggregate)) throw cannot(`a counter has no ${aggregate}`, 'sum or rate');
        const summed = single('sum', 'metric.value');
        return {
          ...points,
          ...summed,
          value: perSecond === '' ? summed.value : `s.doc_count == 0 ? null : s.value.value${perSecond}`,
        };
      }
      const aggs = { count: { sum: { field: 'metric.count' } }, sum: { sum: { field: 'metric.sum' } } };
      const samples = '(long) s.count.value';
      if (aggregate === 'count' || aggregate === 'rate')
        return {
          ...points,
          aggs,
          samples,
          value: `s.doc_count == 0 ? null : s.count.value${perSecond}`,
          unit: '1',
          own: '1',
        };
      if (aggregate === 'sum') return { ...points, aggs, samples, value: 's.doc_count == 0 ? null : s.sum.value' };
      if (aggregate === 'avg')
        return { ...points, aggs, samples, value: 's.count.value == 0 ? null : s.sum.value / s.count.value' };
      if (aggregate === 'min' || aggregate === 'max') {
        return {
          ...points,
          aggs: { ...aggs, value: { [aggregate]: { field: `metric.${aggregate}` } } },
          samples,
          value: 'num(s.value.value)',
        };
      }
      throw cannot(
        `a search cannot make a ${aggregate} of the buckets of ${metric}`,
        'avg or max; requests have percentiles',
      );
    }
  }
}

/** Runs are log records of Ringdown's own. */
export function runsFilter(
  {
    ids,
    services,
    environments,
  }: { ids: readonly string[]; services: readonly string[]; environments: readonly string[] },
  status: 'passed' | 'failed' | null,
): Query[] {
  const states =
    status === 'passed' ? ['passed'] : status === 'failed' ? ['failed', 'error'] : ['passed', 'failed', 'error'];
  const monitors = ids.map((id) => ({ prefix: { 'attributes.monitor': `${id}@` } }));
  return [
    term('event.name', 'ringdown.run'),
    ...terms('attributes.status', states),
    ...(monitors.length === 0 ? [] : [{ bool: { should: monitors, minimum_should_match: 1 } }]),
    ...terms('attributes.service', services),
    ...terms('attributes.environment', environments),
  ];
}

function single(aggregate: string, field: string) {
  return {
    aggs: { value: { [aggregate]: { field } } },
    value: aggregate === 'sum' ? 's.doc_count == 0 ? null : s.value.value' : 'num(s.value.value)',
    samples: 's.doc_count',
  };
}

function percentile(field: string, rank: number) {
  return {
    aggs: { value: { percentiles: { field, percents: [rank], keyed: false } } },
    value: 'num(s.value.values[0].value)',
    samples: 's.doc_count',
  };
}

/** Attributes are called as their senders like: `constructor` is none of the table's. */
function ownOf(table: Readonly<Record<string, string>>, attribute: string): string | undefined {
  return Object.hasOwn(table, attribute) ? table[attribute] : undefined;
}

function spanField(attribute: string): string {
  return ownOf(OF_SPANS, attribute) ?? `attributes.${attribute}`;
}

/** A label of the point itself, or of its resource where the point has none. */
function labelled(key: string, value: string): Query {
  const own = `attributes.${key}`;
  const inherited = {
    bool: {
      filter: [term(ownOf(OF_RESOURCE, key) ?? `resource.${key}`, value)],
      must_not: [{ exists: { field: own } }],
    },
  };
  return { bool: { should: [term(own, value), inherited], minimum_should_match: 1 } };
}

function ofStatus(status: Extract<SeriesQuestion, { of: 'requests' }>['status']): Query[] {
  if (status === null) return [];
  if (status === 'error') return [FAILED];
  if (status === 'ok') return [{ bool: { must_not: [FAILED] } }];
  if (typeof status === 'number') return [term('http.response.status_code', status)];
  const first = Number(status[0]) * 100;
  return [{ range: { 'http.response.status_code': { gte: first, lt: first + 100 } } }];
}

/** Any part of it, whatever the case: the fields hold their text in lower case. */
function searched(text: string): Query {
  const value = `*${text.toLowerCase().replace(/[\\*?]/g, '\\$&')}*`;
  const fields = ['message', 'error.type', 'error.message', 'error.stack_trace'].map((field) => `${field}.searched`);
  return { bool: { should: fields.map((field) => ({ wildcard: { [field]: { value } } })), minimum_should_match: 1 } };
}
