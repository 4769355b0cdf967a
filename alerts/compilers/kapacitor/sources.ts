import type { SeriesQuestion } from '../../rules/signal.ts';
import { CannotExpress } from '../compiler.ts';
import { allOf, containing, identifier, literal, reference, text } from './tick.ts';

type Path = readonly (string | number)[];

/** Which points a question is about, as the `tick` backend writes them. */
export interface Source {
  measurement: string;
  /** Of tags: equal to a value, or one of several. */
  tags: readonly { tag: string; values: readonly string[] }[];
  /** On fields, which InfluxQL and a lambda write apart. */
  fields: readonly { lambda: string; influxql: string }[];
  /** A field that each of the points has. */
  counted: string;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
/** Measurements that are no metrics; a metric that is called like one has a prefix. */
const OURS = ['spans', 'logs', 'annotations', 'traces', 'versions', 'requests_1m'];
const RESOURCE_TAGS: Readonly<Record<string, string>> = {
  'service.name': 'service',
  'deployment.environment.name': 'env',
};
const SPAN_TAGS: Readonly<Record<string, string>> = {
  ...RESOURCE_TAGS,
  'http.request.method': 'method',
  'http.route': 'route',
  'user_agent.synthetic.type': 'synthetic',
};
/** Attributes that are no tags, because each request or person has another value. */
const UNBOUNDED =
  /^(url\.(full|path|query)|http\.(url|target)|(client|network\.peer|net\.peer)\.(address|port)|(user|enduser|session|thread)\.(id|name|email)|trace_?id|span_?id|request_?id|.*\.(message|stacktrace))$/i;

/** The level of a record, which is none of its attributes. */
const LEVEL = ['log.level', 'level'];

/** The tag that an attribute is kept in. @throws CannotExpress where it is none */
export function tagOf(question: SeriesQuestion, attribute: string, path: Path): string {
  const table = question.of === 'requests' ? SPAN_TAGS : RESOURCE_TAGS;
  if (Object.hasOwn(table, attribute)) return table[attribute]!;
  if (question.of === 'metric' && !UNBOUNDED.test(attribute)) return attribute;
  if (question.of === 'logs' && LEVEL.includes(attribute)) return 'level';
  const hint = question.of === 'metric' ? undefined : `there are ${Object.keys(table).join(', ')}`;
  throw new CannotExpress(path, `${attribute} is no tag in InfluxDB, by which Kapacitor could tell points apart`, hint);
}

/** The tags that groups are told apart by. */
export function groupTags(question: SeriesQuestion, path: Path): readonly string[] {
  return question.of === 'runs' ? [] : question.by.map((name) => tagOf(question, name, [...path, 'by']));
}

export function sourceOf(question: SeriesQuestion, path: Path): Source {
  const is = (tag: string, value: string | null) => (value === null ? [] : [{ tag, values: [value] }]);
  switch (question.of) {
    case 'metric': {
      const tags = Object.entries(question.where).map(([key, value]) => ({
        tag: tagOf(question, key, [...path, 'where', key]),
        values: [value],
      }));
      return { measurement: measurementOf(question.metric), tags, fields: [], counted: 'value' };
    }
    case 'logs': {
      const { service, level, text: piece } = question;
      const levels = level === null ? [] : [{ tag: 'level', values: LEVELS.slice(LEVELS.indexOf(level)) }];
      return {
        measurement: 'logs',
        tags: [...is('service', service), ...levels],
        fields: piece ? [searched(piece)] : [],
        counted: 'severity',
      };
    }
    case 'requests': {
      const { service, route, status, synthetic } = question;
      const tags = [
        ...is('kind', 'server'),
        ...is('service', service),
        ...is('route', route),
        ...is('synthetic', synthetic === null ? null : String(synthetic)),
        ...(typeof status === 'string' && status.endsWith('xx') ? is('status_class', status) : []),
      ];
      return { measurement: 'spans', tags, fields: statusFields(status), counted: 'failed' };
    }
    case 'runs': {
      if (question.tags.length > 0) {
        throw new CannotExpress(
          [...path, 'runs', 'tags'],
          'runs are kept without the tags of their scenario',
          'name ids or services',
        );
      }
      const { status, ids, services, environments } = question;
      const states =
        status === 'passed' ? ['passed'] : status === 'failed' ? ['failed', 'error'] : ['passed', 'failed', 'error'];
      const tags = [
        ...is('event', 'ringdown.run'),
        { tag: 'state', values: states },
        ...(services.length > 0 ? [{ tag: 'service', values: services }] : []),
        ...(environments.length > 0 ? [{ tag: 'env', values: environments }] : []),
      ];
      return { measurement: 'annotations', tags, fields: ids.length === 0 ? [] : [ofMonitors(ids)], counted: 'title' };
    }
  }
}

/** `id@environment` begins with one of the ids. */
export function ofMonitors(ids: readonly string[]): { lambda: string; influxql: string } {
  const each = ids.map((id) =>
    id.replace(/[^A-Za-z0-9_-]/gu, (character) => `\\x{${character.codePointAt(0)!.toString(16)}}`),
  );
  const pattern = `/^(${each.join('|')})@/`;
  return { lambda: `"monitor" =~ ${pattern}`, influxql: `"monitor" =~ ${pattern}` };
}

export function lambdaOf({ tags, fields }: Pick<Source, 'tags' | 'fields'>): string {
  const ofTags = tags.map(({ tag, values }) => {
    const each = values.map((value) => `${reference(tag)} == ${text(value)}`);
    return each.length === 1 ? each[0]! : `(${each.join(' OR ')})`;
  });
  return allOf([...ofTags, ...fields.map(({ lambda }) => lambda)]);
}

export function influxqlOf({ tags, fields }: Pick<Source, 'tags' | 'fields'>): string[] {
  const ofTags = tags.map(({ tag, values }) => {
    const each = values.map((value) => `${identifier(tag)} = ${literal(value)}`);
    return each.length === 1 ? each[0]! : `(${each.join(' OR ')})`;
  });
  return [...ofTags, ...fields.map(({ influxql }) => influxql)];
}

function measurementOf(metric: string): string {
  return OURS.includes(metric) || /^([#_]|metric\.|$)/.test(metric) ? `metric.${metric}` : metric;
}

function searched(piece: string): { lambda: string; influxql: string } {
  const pattern = containing(piece);
  const names = ['exception_type', 'exception_message', 'exception_stacktrace'];
  const lambdas = names.map((name) => `(isPresent("${name}") AND "${name}" =~ ${pattern})`);
  return {
    lambda: `("message" =~ ${pattern} OR ${lambdas.join(' OR ')})`,
    influxql: `(${['message', ...names].map((name) => `"${name}" =~ ${pattern}`).join(' OR ')})`,
  };
}

function statusFields(
  status: Extract<SeriesQuestion, { of: 'requests' }>['status'],
): { lambda: string; influxql: string }[] {
  if (status === 'error') return [{ lambda: '"failed" == 1', influxql: '"failed" = 1' }];
  if (status === 'ok') return [{ lambda: '"failed" == 0', influxql: '"failed" = 0' }];
  if (typeof status !== 'number') return [];
  return [
    { lambda: `(isPresent("status_code") AND "status_code" == ${status})`, influxql: `"status_code" = ${status}` },
  ];
}
