import type { SeriesQuestion } from '../../rules/signal.ts';
import type { Alert } from '../alert.ts';
import { CannotExpress, type CompileContext } from '../compiler.ts';
import { groupedBy } from '../condition.ts';
import { limitNumber, operator } from '../limits.ts';
import { metricKind } from '../metrics.ts';

type Path = readonly (string | number)[];

/** A query whose rows are what is breached. */
export interface Esql {
  query: string;
  /** Kibana asks for documents of so long. */
  window_ms: number;
  /** Column that tells alerts apart; null where there is one. */
  group: string | null;
}

/** One series as a column: the index it is in, and what it takes of it. */
interface Column {
  index: string;
  where: readonly string[];
  /** An aggregation that takes a condition of its own. */
  stats: string;
  /** How many samples it is of. */
  samples: string;
  unit: string;
  own: string;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const FIELDS: Readonly<Record<string, string>> = {
  'service.name': 'service.name',
  'service.version': 'service.version',
  'deployment.environment.name': 'service.environment',
  'http.request.method': 'http.request.method',
  'http.response.status_code': 'http.response.status_code',
  'http.route': 'http.route',
};

/** @throws CannotExpress */
export function esqlOf(alert: Alert, context: CompileContext): Esql {
  const { condition } = alert;
  const by = groupedBy(condition);
  const group = by.length === 0 ? null : by.map((name) => fieldOf(name, [alert.kind])).join(', ');
  const column = (question: SeriesQuestion, key: string, unit: 'ms' | 'By' | 'share' | null = null) =>
    columnOf(question, unit, context, [alert.kind, key]);
  switch (condition.is) {
    case 'limit': {
      const { measure, limit, at_least } = condition;
      const compared = (number: number) => `value ${operator(limit)} ${number}`;
      if (measure.is === 'change') {
        const window_ms = measure.before.window_ms + measure.before.offset_ms;
        const [now, before] = [column(measure.now, 'of'), column(measure.before, 'of')];
        const columns = { now: windowed(now, measure.now), before: windowed(before, measure.before) };
        const change = 'EVAL value = CASE(now == before, 0.0, (now - before) / ABS(before::DOUBLE))';
        // Dividing by zero gives nothing, and from nothing to anything is more than every rise.
        const breached = `WHERE ${compared(limit.value)}${limit.operator.startsWith('g') ? ' OR (before == 0 AND now > 0)' : ''}`;
        return { query: pipe(now.index, columns, group, [change, breached]), window_ms, group };
      }
      if (measure.is === 'ratio') {
        const [part, whole] = [column(measure.part, 'part'), column(measure.whole, 'whole')];
        if (part.index !== whole.index)
          throw new CannotExpress(
            [alert.kind, 'part'],
            'ES|QL divides what stands in the same streams',
            'compile it for elasticsearch',
          );
        const columns = {
          part: filtered(part),
          whole: filtered(whole),
          samples: filtered({ ...whole, stats: whole.samples }),
        };
        const share = 'EVAL value = part / whole::DOUBLE';
        return {
          query: pipe(whole.index, columns, group, [
            `WHERE samples >= ${Math.max(1, measure.at_least)}`,
            share,
            `WHERE ${compared(limit.value)}`,
          ]),
          window_ms: measure.whole.window_ms,
          group,
        };
      }
      const one = column(measure.of, 'of', limit.unit);
      const columns = {
        value: filtered(one),
        ...(at_least > 0 ? { samples: filtered({ ...one, stats: one.samples }) } : {}),
      };
      const number = limitNumber(limit, one.own, one.unit, [alert.kind, 'is']);
      const steps = [...(at_least > 0 ? [`WHERE samples >= ${at_least}`] : []), `WHERE ${compared(number)}`];
      return { query: pipe(one.index, columns, group, steps), window_ms: measure.of.window_ms, group };
    }
    case 'absence': {
      if (group !== null)
        throw new CannotExpress(
          [alert.kind, 'of', 'by'],
          'ES|QL has no row for what is absent',
          'a rule for each value',
        );
      const one = column(condition.of.of === 'metric' ? { ...condition.of, aggregate: 'max' } : condition.of, 'of');
      return {
        query: pipe(one.index, { value: filtered({ ...one, stats: 'COUNT(*)' }) }, null, ['WHERE value == 0']),
        window_ms: condition.for_ms,
        group,
      };
    }
    case 'burn_rate': {
      const columns: Record<string, string> = {};
      const shares: string[] = [];
      const longest = Math.max(...condition.windows.map(({ long }) => long.total.window_ms));
      const pairs = condition.windows.map(({ long, short, above }, index) => {
        const bad = ({ good, total }: typeof long, name: string) => {
          const [g, t] = [column(good, 'good'), column(total, 'total')];
          if (g.index !== t.index || g.stats !== 'COUNT(*)' || t.stats !== 'COUNT(*)')
            throw new CannotExpress(
              [alert.kind, 'good'],
              'ES|QL burns what it counts: requests, records or runs',
              'compile it for prometheus',
            );
          columns[`good_${name}${index}`] = windowed(g, good);
          columns[`total_${name}${index}`] = windowed(t, total);
          shares.push(
            `bad_${name}${index} = CASE(total_${name}${index} == 0, 0.0, 1 - good_${name}${index} / total_${name}${index}::DOUBLE)`,
          );
          return `bad_${name}${index} > ${above}`;
        };
        return `(${bad(long, 'long')} AND ${bad(short, 'short')})`;
      });
      const { index } = column(condition.windows[0]!.long.total, 'total');
      return {
        query: pipe(index, columns, null, [`EVAL ${shares.join(', ')}`, `WHERE ${pairs.join(' OR ')}`]),
        window_ms: longest,
        group,
      };
    }
    case 'backend':
      throw new CannotExpress(
        [alert.kind, 'name'],
        'ES|QL reads no attributes of metrics, which are flattened',
        'compile it for elasticsearch',
      );
    case 'failing':
      throw new CannotExpress(
        ['scenario'],
        'ES|QL reads no attributes of log records, which are flattened',
        'compile it for elasticsearch',
      );
  }
}

function pipe(
  index: string,
  columns: Readonly<Record<string, string>>,
  group: string | null,
  steps: readonly string[],
): string {
  const stats = Object.entries(columns).map(([name, expression]) => `${name} = ${expression}`);
  return [`FROM ${index}`, `STATS ${stats.join(', ')}${group === null ? '' : ` BY ${group}`}`, ...steps].join('\n| ');
}

function filtered({ stats, where }: Column): string {
  return where.length === 0 ? stats : `${stats} WHERE ${where.join(' AND ')}`;
}

/** Within a part of what Kibana asks for. */
function windowed(column: Column, { window_ms, offset_ms }: SeriesQuestion): string {
  const times = [
    `@timestamp >= NOW() - ${(window_ms + offset_ms) / 1_000} seconds`,
    ...(offset_ms > 0 ? [`@timestamp < NOW() - ${offset_ms / 1_000} seconds`] : []),
  ];
  return filtered({ ...column, where: [...column.where, ...times] });
}

function columnOf(
  question: SeriesQuestion,
  unit: 'ms' | 'By' | 'share' | null,
  { metrics, settings }: CompileContext,
  path: Path,
): Column {
  const index = (signal: string) => `${signal}-${settings.prefix}.*`;
  const is = (field: string, value: string | null) => (value === null ? [] : [`${field} == ${text(value)}`]);
  const count = { stats: 'COUNT(*)', samples: 'COUNT(*)', unit: '1', own: '1' };
  switch (question.of) {
    case 'logs': {
      const { service, level, text: piece } = question;
      const pattern = piece === null ? '' : text(`*${piece.toLowerCase().replace(/[\\*?]/g, '\\$&')}*`);
      const names = ['message', 'error.type', 'error.message', 'error.stack_trace'];
      const where = [
        ...is('service.name', service),
        ...(level === null ? [] : [`log.level IN (${LEVELS.slice(LEVELS.indexOf(level)).map(text).join(', ')})`]),
        ...(piece === null ? [] : [`(${names.map((name) => `TO_LOWER(${name}) LIKE ${pattern}`).join(' OR ')})`]),
      ];
      return { index: index('logs'), where, ...count };
    }
    case 'requests': {
      const { service, route, status, synthetic, aggregate } = question;
      const code = 'http.response.status_code';
      const ofStatus =
        status === null
          ? []
          : status === 'error'
            ? [`${code} >= 500`]
            : status === 'ok'
              ? [`(${code} < 500 OR ${code} IS NULL)`]
              : typeof status === 'number'
                ? [`${code} == ${status}`]
                : [`${code} >= ${status[0]}00 AND ${code} < ${Number(status[0]) + 1}00`];
      const where = [
        ...is('span.kind', 'server'),
        ...is('service.name', service),
        ...is('http.route', route),
        ...(synthetic === null ? [] : [`user_agent.synthetic.type IS ${synthetic ? 'NOT NULL' : 'NULL'}`]),
        ...ofStatus,
      ];
      if (aggregate === 'count') return { index: index('traces'), where, ...count };
      return {
        index: index('traces'),
        where,
        ...count,
        stats: `PERCENTILE(event.duration, ${aggregate.slice(1)})`,
        unit: 'ns',
        own: 'ms',
      };
    }
    case 'runs':
      throw new CannotExpress(
        [...path, 'runs'],
        'ES|QL reads no attributes of log records, which are flattened',
        'compile it for elasticsearch',
      );
    case 'metric': {
      const { metric, aggregate, where } = question;
      const conditions = Object.entries(where).flatMap(([key, value]) =>
        is(fieldOf(key, [...path, 'where', key]), value),
      );
      const kind = metricKind(metrics, metric, aggregate, unit);
      const simple: Record<string, string> = { avg: 'AVG', min: 'MIN', max: 'MAX', sum: 'SUM' };
      if (metric === 'http.server.request.duration') {
        const spans = { index: index('traces'), where: ['span.kind == "server"', ...conditions], ...count };
        if (aggregate === 'count') return spans;
        if (aggregate === 'rate')
          throw new CannotExpress([...path, 'aggregate'], 'Kibana has no rate of requests', 'their count');
        const stats = simple[aggregate]
          ? `${simple[aggregate]}(event.duration)`
          : `PERCENTILE(event.duration, ${aggregate.slice(1)})`;
        return { ...spans, stats, unit: 'ns', own: 's' };
      }
      if (kind.type === 'gauge' && simple[aggregate] && aggregate !== 'sum') {
        const points = [...is('metric.name', metric), ...conditions];
        return {
          index: index('metrics'),
          where: points,
          stats: `${simple[aggregate]}(metric.value)`,
          samples: 'COUNT(*)',
          unit: kind.unit,
          own: kind.unit,
        };
      }
      throw new CannotExpress(
        [...path, 'aggregate'],
        `Kibana makes no ${aggregate} of a ${kind.type}`,
        'avg, min or max of a gauge; or compile it for prometheus',
      );
    }
  }
}

/** What is not flattened, which ES|QL does not read. */
function fieldOf(attribute: string, path: Path): string {
  if (Object.hasOwn(FIELDS, attribute)) return FIELDS[attribute]!;
  throw new CannotExpress(
    path,
    `ES|QL reads no ${attribute}, which is in a flattened field`,
    `there are ${Object.keys(FIELDS).join(', ')}`,
  );
}

function text(value: string): string {
  return `"${value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`;
}
