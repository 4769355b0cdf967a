import type { SeriesQuestion } from '../../rules/signal.ts';
import { fillIn } from '../../template.ts';
import { type Alert, writtenLimit } from '../alert.ts';
import { CannotExpress, type CompileContext, TOKEN_PLACEHOLDER } from '../compiler.ts';
import { groupedBy, lagQuestion } from '../condition.ts';
import { durationText, limitNumber, operator } from '../limits.ts';
import { mustacheWords } from '../mustache.ts';
import { type Query, runsFilter, type Slot, slotOf } from './slots.ts';

/** A watch as `PUT _watcher/watch/<id>` takes it. @see https://www.elastic.co/docs/explore-analyze/alerts-cases/watcher/how-watcher-works */
export interface Watch {
  id: string;
  body: {
    metadata: Record<string, string>;
    trigger: { schedule: { interval: string } };
    input: { search: { request: { indices: string[]; indices_options: object; body: SearchBody } } };
    condition: { always: object };
    transform: { script: { lang: 'painless'; source: string } };
    actions: Record<string, object>;
  };
}

export interface SearchBody {
  size: 0;
  query: Query;
  aggs: Record<string, unknown>;
}

/** What is measured, each in a window of its own, and Painless about `w`, their buckets by name. */
interface Judged {
  slots: Readonly<Record<string, { slot: Slot; window_ms: number; offset_ms: number }>>;
  /** A value to show; null for no data. */
  value: string;
  /** Of `value`, when that is not null. */
  breached: string;
}

/** A value that is not in the window still has a group, and so is told to be well, for so long. */
const REMEMBERED_MS = 3_600_000;
const MOST_GROUPS = 100;

/** @throws CannotExpress */
export function watchOf(alert: Alert, context: CompileContext): Watch {
  if (alert.for_ms > 0)
    alert.approximate(['for'], 'for: a watch has no memory, and fires at the first search that finds it');
  if (alert.keep_firing_for_ms > 0)
    alert.approximate(
      ['keep_firing_for'],
      'keep_firing_for: a watch has no memory, and ends at the first search that finds it well',
    );
  const { slots, value, breached } = judge(alert, context);
  const all = Object.values(slots);
  const { groups } = all[0]!.slot;
  if (groups.length > 0 && alert.no_data === 'keep') {
    alert.approximate(
      [alert.kind],
      `by: a watch knows ${MOST_GROUPS} values of ${groups.join(', ')}, and forgets one that was silent for an hour`,
    );
  }
  const range = ({ window_ms, offset_ms }: { window_ms: number; offset_ms: number }) => ({
    range: {
      '@timestamp': {
        gte: `now-${durationText(window_ms + offset_ms)}`,
        ...(offset_ms > 0 ? { lt: `now-${durationText(offset_ms)}` } : {}),
      },
    },
  });
  const inner = Object.fromEntries(
    Object.entries(slots).map(([name, one]) => {
      const filter = { bool: { filter: [range(one), ...one.slot.filter] } };
      return [name, { filter, ...(Object.keys(one.slot.aggs).length > 0 ? { aggs: one.slot.aggs } : {}) }];
    }),
  );
  const longest = Math.max(...all.map(({ window_ms, offset_ms }) => window_ms + offset_ms));
  const wide = { window_ms: groups.length === 0 ? longest : longest + REMEMBERED_MS, offset_ms: 0 };
  const aggs =
    groups.length === 0
      ? { all: { filter: { match_all: {} }, aggs: inner } }
      : { groups: { ...combined(groups), aggs: inner } };
  const indices = [...new Set(all.map(({ slot }) => slot.index))];
  const metadata = {
    name: alert.name,
    ringdown_policy: alert.policy.id,
    ringdown_rule: alert.id,
    severity: alert.priority,
    ...(alert.service === null ? {} : { service: alert.service }),
    ...(alert.environment === null ? {} : { environment: alert.environment }),
    ...(alert.runbook === null ? {} : { runbook: alert.runbook }),
    ...alert.labels,
  };
  return {
    id: `ringdown-${alert.policy.id}-${alert.id}`,
    body: {
      metadata: {
        ...metadata,
        ...(alert.approximations.length > 0
          ? { approximate: alert.approximations.map(({ message }) => message).join('; ') }
          : {}),
      },
      trigger: { schedule: { interval: durationText(alert.every_ms) } },
      input: {
        search: {
          request: {
            indices,
            indices_options: { expand_wildcards: 'open', ignore_unavailable: true, allow_no_indices: true },
            body: { size: 0, query: range(wide), aggs },
          },
        },
      },
      condition: { always: {} },
      transform: {
        script: {
          lang: 'painless',
          source: painless(value, breached, groups.length, alert.no_data, alert.condition.is === 'absence'),
        },
      },
      actions: {
        ringdown_firing: action('firing', alert, context),
        ringdown_resolved: action('resolved', alert, context),
      },
    },
  };
}

const SORTED = "return ['firing': firing, 'well': well];";

/** Sorts groups into those that fire and those that are well; what has no data is in neither, unless the rule says so. */
function painless(
  value: string,
  breached: string,
  attributes: number,
  noData: Alert['no_data'],
  silent: boolean,
): string {
  const list = noData === 'ok' ? 'well' : 'firing';
  const grouped = attributes > 0;
  // A combination of several values has them by their number; its name is them with a bar between.
  const joined = Array.from({ length: attributes }, (_, index) => `w['key']['${index}']`).join(" + '|' + ");
  const named = attributes > 1 ? "'key': key, 'values': w['key']" : "'key': key";
  const missing = noData === 'keep' ? '' : ` else { ${list}.add([${named}, 'value': 'no data']); }`;
  // Before the first document of all there are no streams, and no answer to sort.
  const unknown = silent ? 'firing' : noData === 'keep' || grouped ? null : list;
  const said = unknown === null ? '' : ` ${unknown}.add(['key': '', 'value': 'no data']);`;
  return [
    'def num(def v) { return v instanceof Number && !Double.isNaN(((Number) v).doubleValue()) ? ((Number) v).doubleValue() : null; }',
    'List firing = new ArrayList(); List well = new ArrayList();',
    `if (ctx.payload.aggregations == null) {${said} ${SORTED} }`,
    `List buckets = ${grouped ? 'ctx.payload.aggregations.groups.buckets' : '[ctx.payload.aggregations.all]'};`,
    `for (def w : buckets) {`,
    `  String key = ${attributes > 1 ? joined : grouped ? "String.valueOf(w['key'])" : "''"};`,
    `  def value = ${value};`,
    `  if (value != null) { if (${breached}) { firing.add([${named}, 'value': value]); } else { well.add([${named}, 'value': value]); } }${missing}`,
    '}',
    SORTED,
  ].join('\n');
}

/** As docs/inbound.md has it; told at every search, since a watch does not know what it told before. */
function action(state: 'firing' | 'resolved', alert: Alert, { inboundUrl }: CompileContext): object {
  const list = state === 'firing' ? 'firing' : 'well';
  const limit = writtenLimit(alert);
  const name = (word: string) =>
    word === 'value' ? '{{ctx.payload.value}}' : word === 'threshold' ? limit : ofGroup(word, alert);
  // Within a text of JSON; the templates in it stay as they are.
  const words = fillIn(alert.summary, name, mustacheWords);
  const title = `"${words}"`;
  const body = `{ "watch_id": "{{ctx.watch_id}}", "key": "{{ctx.payload.key}}", "state": "${state}", "title": ${title}, "at": "{{ctx.execution_time}}", "metadata": {{#toJson}}ctx.metadata{{/toJson}} }`;
  return {
    condition: { script: { lang: 'painless', source: `return ctx.payload.${list}.size() > 0` } },
    throttle_period: '0s',
    foreach: `ctx.payload.${list}`,
    max_iterations: MOST_GROUPS,
    webhook: {
      method: 'POST',
      url: inboundUrl,
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN_PLACEHOLDER}` },
      body,
    },
  };
}

/** Of one attribute, or of the one that is named. */
function ofGroup(word: string, alert: Alert): string {
  const by = groupedBy(alert.condition);
  const at = by.length > 1 ? by.indexOf(word) : -1;
  return at < 0 ? '{{ctx.payload.key}}' : `{{ctx.payload.values.${at}}}`;
}

/** Of several attributes the first combinations in their order: what ranks them by size is not in every licence. */
function combined(fields: readonly string[]): object {
  const [field] = fields;
  if (fields.length === 1) return { terms: { field, size: MOST_GROUPS } };
  return {
    composite: { size: MOST_GROUPS, sources: fields.map((one, index) => ({ [index]: { terms: { field: one } } })) },
  };
}

function judge(alert: Alert, context: CompileContext): Judged {
  const { condition } = alert;
  const at = (question: SeriesQuestion, key: string, unit: 'ms' | 'By' | 'share' | null = null) => ({
    slot: slotOf(question, unit, context, [alert.kind, key]),
    window_ms: question.window_ms,
    offset_ms: question.offset_ms,
  });
  switch (condition.is) {
    case 'limit': {
      const { measure, limit, at_least } = condition;
      const compared = (number: number) => `value ${operator(limit)} ${number}`;
      if (measure.is === 'series') {
        const a = at(measure.of, 'of', limit.unit);
        const read = readOf('a', a.slot);
        const value = at_least > 0 ? `(${samplesOf('a', a.slot)} >= ${at_least} ? ${read} : null)` : read;
        return {
          slots: { a },
          value,
          breached: compared(limitNumber(limit, a.slot.own, a.slot.unit, [alert.kind, 'is'])),
        };
      }
      if (measure.is === 'ratio') {
        const slots = { a: at(measure.part, 'part'), b: at(measure.whole, 'whole') };
        const [part, whole] = [readOf('a', slots.a.slot), readOf('b', slots.b.slot)];
        const known = `${samplesOf('b', slots.b.slot)} >= ${Math.max(1, measure.at_least)} && ${part} != null && ${whole} != null && ${whole} != 0`;
        return {
          slots,
          value: `(${known} ? ${part} / ${whole} : null)`,
          breached: compared(limitNumber(limit, 'share', 'share', [alert.kind, 'is'])),
        };
      }
      const slots = { a: at(measure.now, 'of'), b: at(measure.before, 'of') };
      const [now, before] = [readOf('a', slots.a.slot), readOf('b', slots.b.slot)];
      const samples = `${samplesOf('a', slots.a.slot)} + ${samplesOf('b', slots.b.slot)} >= ${measure.at_least}`;
      const change = `(${now} == ${before} ? 0.0 : (${now} - ${before}) / Math.abs((double) ${before}))`;
      return {
        slots,
        value: `(${samples} && ${now} != null && ${before} != null ? ${change} : null)`,
        breached: compared(limitNumber(limit, 'share', 'share', [alert.kind, 'is'])),
      };
    }
    case 'absence': {
      const question = { ...condition.of, window_ms: condition.for_ms };
      const a = at(question.of === 'metric' ? { ...question, aggregate: 'max' } : question, 'of');
      return { slots: { a: { ...a, slot: { ...a.slot, aggs: {} } } }, value: 'w.a.doc_count', breached: 'value == 0' };
    }
    case 'burn_rate': {
      const slots: Record<string, Judged['slots'][string]> = {};
      const pairs = condition.windows.map(({ long, short, above }, index) => {
        const bad = ({ good, total }: typeof long, name: string) => {
          const [g, t] = [`g${name}${index}`, `t${name}${index}`];
          slots[g] = at(good, 'good');
          slots[t] = at(total, 'total');
          return `(w.${t}.doc_count == 0 ? 0.0 : 1.0 - w.${g}.doc_count / (double) w.${t}.doc_count)`;
        };
        return { long: bad(long, 'l'), short: bad(short, 's'), above };
      });
      if (Object.values(slots).some(({ slot }) => slot.value !== 's.doc_count * 1.0')) {
        throw new CannotExpress(
          [alert.kind, 'good'],
          'a watch burns what it counts: requests, records or runs',
          'compile it for prometheus',
        );
      }
      return {
        slots,
        value: `(w.tl0.doc_count == 0 ? null : ${pairs[0]!.long})`,
        breached: pairs.map(({ long, short, above }) => `(${long} > ${above} && ${short} > ${above})`).join(' || '),
      };
    }
    case 'backend': {
      const { name, what, limit } = condition;
      if (what === 'lost')
        throw new CannotExpress(
          [alert.kind, 'is', 'lost'],
          'the ledger is kept as running totals, which a search cannot add up',
          'compile it for prometheus',
        );
      const question = lagQuestion(name);
      const known = new Map([[question.metric, { type: 'gauge', unit: 's' } as const]]);
      const a = {
        slot: slotOf(question, null, { ...context, metrics: known }, [alert.kind]),
        window_ms: question.window_ms,
        offset_ms: question.offset_ms,
      };
      return {
        slots: { a },
        value: readOf('a', a.slot),
        breached: `value ${operator(limit)} ${limitNumber(limit, 'ms', 's', [alert.kind, 'is', 'lag'])}`,
      };
    }
    case 'failing': {
      if (condition.tags.length > 0)
        throw new CannotExpress(
          ['scenario', 'tags'],
          'runs are kept without the tags of their scenario',
          'name ids or services',
        );
      if (condition.consecutive > 1) {
        alert.approximate(
          ['failing', 'consecutive'],
          `consecutive: ${condition.consecutive}: a watch sees that the last run failed, and that so many did within the hour`,
        );
      }
      const last = { last: { max: { field: '@timestamp' } } };
      const slot = (status: 'passed' | 'failed'): Slot => ({
        index: `logs-${context.settings.prefix}.*`,
        filter: runsFilter(condition, status),
        aggs: last,
        value: 'num(s.last.value)',
        samples: 's.doc_count',
        groups: ['attributes.monitor'],
        unit: '1',
        own: '1',
      });
      const window = { window_ms: REMEMBERED_MS, offset_ms: 0 };
      const [failed, passed] = [readOf('a', slot('failed')), readOf('b', slot('passed'))];
      return {
        slots: { a: { slot: slot('failed'), ...window }, b: { slot: slot('passed'), ...window } },
        value: '(w.a.doc_count + w.b.doc_count == 0 ? null : w.a.doc_count)',
        breached: `value >= ${condition.consecutive} && (${passed} == null || ${failed} > ${passed})`,
      };
    }
  }
}

/** The value of a slot, by its bucket. */
function readOf(name: string, { value }: Slot): string {
  return `(${value.replaceAll(/\bs\./g, `w.${name}.`)})`;
}

function samplesOf(name: string, { samples }: Slot): string {
  return `(${samples.replaceAll(/\bs\./g, `w.${name}.`)})`;
}
