import type { SeriesQuestion } from '../../rules/signal.ts';
import type { Alert } from '../alert.ts';
import { CannotExpress, type CompileContext } from '../compiler.ts';
import type { Measure } from '../condition.ts';
import { metricKind } from '../metrics.ts';

type Path = readonly (string | number)[];

/** A query of a condition: it has one value for each facet, and no times of its own. */
export interface Nrql {
  query: string;
  unit: string;
  /** In which Ringdown has the same value. */
  own: string;
  window_ms: number;
}

/** OpenTelemetry's least number of each level. */
const SEVERITIES = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const;
const FAILED =
  "(numeric(`http.response.status_code`) >= 500 OR (`http.response.status_code` IS NULL AND `otel.status_code` = 'ERROR'))";

export function nrqlOf(
  measure: Measure,
  unit: 'ms' | 'By' | 'share' | null,
  atLeast: number,
  alert: Alert,
  context: CompileContext,
): Nrql {
  if (measure.is === 'change') {
    throw new CannotExpress(
      [alert.kind, 'compared_to'],
      'a condition of New Relic cannot look back in time',
      'compile it for prometheus',
    );
  }
  const [question, key] = measure.is === 'ratio' ? [measure.whole, 'whole'] : [measure.of, 'of'];
  const path = [alert.kind, key];
  if (question.offset_ms > 0)
    throw new CannotExpress([...path, 'delay'], 'a condition of New Relic looks at now', 'leave it out');
  const facet = question.of === 'runs' || question.by.length === 0 ? '' : ` FACET ${question.by.map(field).join(', ')}`;
  if (measure.is === 'ratio') {
    const inner = sourceOf(measure.part, [alert.kind, 'part']);
    const outer = sourceOf(question, path);
    if (inner.from !== outer.from || !isCounted(measure.part) || !isCounted(question)) {
      throw new CannotExpress(
        [alert.kind, 'part'],
        'New Relic divides what it counts among the same events',
        'compile it for prometheus',
      );
    }
    const share = `filter(count(*), WHERE ${inner.where.join(' AND ')}) / count(*)`;
    const least = measure.at_least > 1 ? `if(count(*) >= ${measure.at_least}, ${share})` : share;
    const query = `SELECT ${least} FROM ${outer.from} WHERE ${outer.where.join(' AND ')}${facet}`;
    return { query, unit: 'share', own: 'share', window_ms: question.window_ms };
  }
  const { select, unit: found, own } = selectOf(question, unit, context, path);
  const least = atLeast > 0 ? `if(count(*) >= ${atLeast}, ${select})` : select;
  const { from, where } = sourceOf(question, path);
  return {
    query: `SELECT ${least} FROM ${from} WHERE ${where.join(' AND ')}${facet}`,
    unit: found,
    own,
    window_ms: question.window_ms,
  };
}

export function isCounted(question: SeriesQuestion): boolean {
  return question.of !== 'metric' && !(question.of === 'requests' && question.aggregate !== 'count');
}

function selectOf(
  question: SeriesQuestion,
  limit: 'ms' | 'By' | 'share' | null,
  { metrics }: CompileContext,
  path: Path,
): { select: string; unit: string; own: string } {
  if (question.of === 'requests' && question.aggregate !== 'count') {
    return { select: `percentile(${field('duration.ms')}, ${question.aggregate.slice(1)})`, unit: 'ms', own: 'ms' };
  }
  if (question.of !== 'metric') return { select: 'count(*)', unit: '1', own: '1' };
  const { metric, aggregate } = question;
  const { type, unit } = metricKind(metrics, metric, aggregate, limit);
  const name = field(metric);
  const cannot = () => new CannotExpress([...path, 'aggregate'], `a ${type} has no ${aggregate} in New Relic`);
  switch (aggregate) {
    case 'count':
      return { select: type === 'counter' ? `sum(${name})` : `count(${name})`, unit: '1', own: '1' };
    case 'sum':
      if (type === 'gauge') throw cannot();
      return { select: `sum(${name})`, unit, own: unit };
    case 'rate':
      if (type === 'gauge') throw cannot();
      return {
        select: `rate(${type === 'histogram' ? 'count' : 'sum'}(${name}), 1 second)`,
        unit: type === 'histogram' ? '1' : unit,
        own: type === 'histogram' ? '1' : unit,
      };
    case 'avg':
    case 'min':
    case 'max':
      if (type === 'counter') throw cannot();
      return { select: `${aggregate === 'avg' ? 'average' : aggregate}(${name})`, unit, own: unit };
    default:
      if (type === 'counter') throw cannot();
      return { select: `percentile(${name}, ${aggregate.slice(1)})`, unit, own: unit };
  }
}

/** Events that a question is about, as the `newrelic` backend sends them. */
function sourceOf(question: SeriesQuestion, path: Path): { from: string; where: string[] } {
  const is = (name: string, value: string | null) => (value === null ? [] : [`${field(name)} = ${text(value)}`]);
  switch (question.of) {
    case 'metric': {
      const where = Object.entries(question.where).flatMap(([key, value]) => is(key, value));
      return { from: 'Metric', where: [`metricName = ${text(question.metric)}`, ...where] };
    }
    case 'logs': {
      const { service, level, text: piece } = question;
      const names = ['message', 'exception.type', 'exception.message'];
      const pattern = piece === null ? '' : text(`(?is).*${piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}.*`);
      return {
        from: 'Log',
        where: [
          ...is('service.name', service),
          `numeric(${field('severity.number')}) >= ${level === null ? 0 : SEVERITIES[level]}`,
          ...(piece === null ? [] : [`(${names.map((name) => `${field(name)} RLIKE ${pattern}`).join(' OR ')})`]),
        ],
      };
    }
    case 'requests': {
      const { service, route, status, synthetic } = question;
      const code = `numeric(${field('http.response.status_code')})`;
      const ofStatus =
        status === null
          ? []
          : status === 'error'
            ? [FAILED]
            : status === 'ok'
              ? [`NOT ${FAILED}`]
              : typeof status === 'number'
                ? [`${code} = ${status}`]
                : [`${code} >= ${status[0]}00 AND ${code} < ${Number(status[0]) + 1}00`];
      return {
        from: 'Span',
        where: [
          ...is('span.kind', 'server'),
          ...is('service.name', service),
          ...is('http.route', route),
          ...(synthetic === null
            ? []
            : [`${field('user_agent.synthetic.type')} IS ${synthetic ? 'NOT NULL' : 'NULL'}`]),
          ...ofStatus,
        ],
      };
    }
    case 'runs': {
      if (question.tags.length > 0)
        throw new CannotExpress(
          [...path, 'runs', 'tags'],
          'runs are sent without the tags of their scenario',
          'name ids or services',
        );
      return { from: 'Log', where: runsWhere(question, question.status) };
    }
  }
}

/** Runs are log records of Ringdown's own. */
export function runsWhere(
  {
    ids,
    services,
    environments,
  }: { ids: readonly string[]; services: readonly string[]; environments: readonly string[] },
  status: 'passed' | 'failed' | null,
): string[] {
  const oneOf = (name: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`${field(name)} IN (${values.map(text).join(', ')})`];
  const ofIds = ids.map((id) => `${field('monitor')} LIKE ${text(`${id.replaceAll('%', '\\%')}@%`)}`);
  const states =
    status === 'passed' ? ['passed'] : status === 'failed' ? ['failed', 'error'] : ['passed', 'failed', 'error'];
  return [
    `${field('event.name')} = 'ringdown.run'`,
    ...oneOf('status', states),
    ...(ofIds.length === 0 ? [] : [`(${ofIds.join(' OR ')})`]),
    ...oneOf('service', services),
    ...oneOf('environment', environments),
  ];
}

/** Names with dots and the like stand between backticks. */
export function field(name: string): string {
  return `\`${name.replace(/[`\\]/g, '')}\``;
}

export function text(value: string): string {
  return `'${value.replace(/[\\']/g, (character) => `\\${character}`).replace(/\n/g, '\\n')}'`;
}
