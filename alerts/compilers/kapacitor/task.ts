import type { SeriesQuestion } from '../../rules/signal.ts';
import { fillIn } from '../../template.ts';
import { type Alert, writtenLimit } from '../alert.ts';
import { CannotExpress, type CompileContext } from '../compiler.ts';
import { groupedBy, lagQuestion } from '../condition.ts';
import { goWords } from '../go-template.ts';
import { durationText, limitNumber, operator, opposite } from '../limits.ts';
import { counted, flowOf, points, type Task, windowOf } from './flows.ts';
import { groupTags, lambdaOf, ofMonitors, sourceOf } from './sources.ts';
import { allOf, float, node, text } from './tick.ts';

/** A task of Kapacitor. */
export interface KapacitorTask {
  id: string;
  script: string;
}

/** What is judged: points, and a lambda that holds while they are too much. */
interface Judged {
  statements: readonly string[];
  /** Of points with the field `value`. */
  flow: string;
  breached: string;
  well: string;
  /** Tags that tell groups apart. */
  groups: readonly string[];
  unit: string;
}

/** A state that lasts is told again, in case that Ringdown was away when it began. */
const REPEATED = '5m';

/** The topic that all alerts go through, and the handler listens to. */
export const TOPIC = 'ringdown';

export function taskOf(alert: Alert, context: CompileContext): KapacitorTask {
  const task: Task = { alert, context };
  const judged = judge(task);
  checkNoData(alert, judged);
  const { database, retention_policy: policy } = context.settings;
  const tags = {
    ringdown_policy: alert.policy.id,
    ringdown_rule: alert.id,
    severity: alert.priority,
    ...(alert.service === null ? {} : { service: alert.service }),
    ...(alert.environment === null ? {} : { environment: alert.environment }),
    ...alert.labels,
  };
  const seconds = (ms: number) => float(ms / 1_000);
  const holds = alert.for_ms > 0;
  const keeps = alert.keep_firing_for_ms > 0;
  const script = [
    `// Made by \`ringdown alerts compile --target kapacitor\`: change the policy, not this file.`,
    `// ${alert.name}`,
    ...alert.approximations.map(({ message }) => `// approximate: ${message.replaceAll(/\s+/g, ' ')}`),
    `dbrp "${database}"."${policy}"`,
    '',
    ...judged.statements.flatMap((statement) => [statement, '']),
    `${judged.flow}`,
    node('default()', ...Object.entries(tags).map(([name, value]) => `tag(${text(name)}, ${text(value)})`)),
    ...(holds ? [node(`stateDuration(lambda: ${judged.breached})`, 'unit(1s)', `as('breached_for')`)] : []),
    ...(keeps ? [node(`stateDuration(lambda: ${judged.well})`, 'unit(1s)', `as('well_for')`)] : []),
    node(
      'alert()',
      `id(${text(`${alert.name}${judged.groups.map((tag) => `/${tagWord(tag)}`).join('')}`)})`,
      `message(${text(messageOf(alert, judged))})`,
      ...(alert.runbook === null ? [] : [`details(${text(`runbook: ${goWords(alert.runbook)}`)})`]),
      `crit(lambda: ${holds ? `"breached_for" >= ${seconds(alert.for_ms)}` : judged.breached})`,
      ...(keeps ? [`critReset(lambda: "well_for" >= ${seconds(alert.keep_firing_for_ms)})`] : []),
      `stateChangesOnly(${REPEATED})`,
      `topic(${text(TOPIC)})`,
    ),
    '',
  ].join('\n');
  return { id: `ringdown-${alert.policy.id}-${alert.id}`, script };
}

/** Kapacitor judges points; without any it judges nothing, so that an alert stays as it is. */
function checkNoData({ no_data, condition, approximate }: Alert, { groups }: Judged): void {
  if (no_data === 'keep' || condition.is === 'absence') return;
  const after =
    no_data === 'ok'
      ? 'the alert stays as it was until there is data again'
      : 'it does not fire for data that stops coming';
  approximate(
    ['no_data'],
    `no_data: ${no_data}: Kapacitor judges nothing without points: ${after}${groups.length === 0 ? '' : ', in each group'}`,
  );
}

function judge(task: Task): Judged {
  const { alert } = task;
  const { condition, approximate } = alert;
  switch (condition.is) {
    case 'limit': {
      const { measure, limit, at_least } = condition;
      if (measure.is === 'ratio') return ratio(task, measure.part, measure.whole, measure.at_least);
      if (measure.is === 'change') return change(task, measure.now, measure.before, measure.at_least);
      const path = [alert.kind, 'of'];
      const flow = flowOf(measure.of, limit.unit, task, path);
      const number = float(limitNumber(limit, flow.own, flow.unit, [alert.kind, 'is']));
      if (at_least > 0 && !flow.script.startsWith('batch') && flow.unit === '1' && measure.of.of !== 'metric') {
        return judged(
          [],
          [flow.script, node(`where(lambda: "value" >= ${at_least})`)].join('\n'),
          `"value" ${operator(limit)} ${number}`,
          `"value" ${opposite(limit)} ${number}`,
          flow,
        );
      }
      if (at_least > 0 && !flow.script.startsWith('batch'))
        throw new CannotExpress(
          [alert.kind, 'at_least'],
          'Kapacitor does not know how many points a running total was made of',
        );
      const script =
        at_least > 0
          ? flow.script.replace(/\n {4}\|last/, `\n${node(`where(lambda: "samples" >= ${at_least})`)}\n    |last`)
          : flow.script;
      return judged([], script, `"value" ${operator(limit)} ${number}`, `"value" ${opposite(limit)} ${number}`, flow);
    }
    case 'absence': {
      approximate(
        [alert.kind, 'of'],
        'absence: Kapacitor misses what it has heard of once since it started, not what it never heard of',
      );
      const question = { ...condition.of, window_ms: condition.for_ms };
      const path = [alert.kind, 'of'];
      const groups = groupTags(question, path);
      const flow = question.of === 'metric' ? silence(question, task, path) : counted(countOf(question), task, path);
      return { statements: [], flow, breached: '"value" == 0', well: '"value" > 0', groups, unit: '1' };
    }
    case 'burn_rate':
      return burning(task);
    case 'backend': {
      const { name, what, limit } = condition;
      if (what === 'lost')
        throw new CannotExpress(
          [alert.kind, 'is', 'lost'],
          'Kapacitor has the ledger as running totals of many series',
          'compile it for prometheus',
        );
      const question = lagQuestion(name);
      const flow = flowOf(
        question,
        null,
        { ...task, context: { ...task.context, metrics: new Map([[question.metric, { type: 'gauge', unit: 's' }]]) } },
        [alert.kind],
      );
      const number = float(limitNumber(limit, 'ms', 's', [alert.kind, 'is', 'lag']));
      return judged(
        [],
        flow.script,
        `"value" ${operator(limit)} ${number}`,
        `"value" ${opposite(limit)} ${number}`,
        flow,
      );
    }
    case 'failing':
      return failing(task);
  }
}

function judged(
  statements: readonly string[],
  flow: string,
  breached: string,
  well: string,
  { groups, unit }: { groups: readonly string[]; unit: string },
): Judged {
  return { statements, flow, breached, well, groups, unit };
}

const countOf = (question: SeriesQuestion): SeriesQuestion =>
  question.of === 'requests' ? { ...question, aggregate: 'count' } : question;

/** Any point of the metric. */
function silence(
  question: Extract<SeriesQuestion, { of: 'metric' }>,
  task: Task,
  path: readonly (string | number)[],
): string {
  const source = sourceOf(question, path);
  return [
    points(question, source, task, groupTags(question, path)),
    windowOf(question, task),
    node(`count('ns')`, `as('value')`),
  ].join('\n');
}

/** Both are counted among the same points, so that a part without any is zero and not missing. */
function ratio(task: Task, part: SeriesQuestion, whole: SeriesQuestion, atLeast: number): Judged {
  const { alert } = task;
  const { condition } = alert;
  if (condition.is !== 'limit') throw new Error('a ratio has a limit');
  const divided = shares(task, part, whole, 'share', [alert.kind, 'part']);
  const number = float(condition.limit.value);
  return {
    statements: divided.statements,
    flow: [
      divided.flow,
      node(`where(lambda: "all.points" >= ${Math.max(1, atLeast)})`),
      node('eval(lambda: float("some.points") / float("all.points"))', `as('value')`),
    ].join('\n'),
    breached: `"value" ${operator(condition.limit)} ${number}`,
    well: `"value" ${opposite(condition.limit)} ${number}`,
    groups: divided.groups,
    unit: 'share',
  };
}

/** Fields `some.points` and `all.points` over the window of `whole`. */
function shares(
  task: Task,
  part: SeriesQuestion,
  whole: SeriesQuestion,
  name: string,
  path: readonly (string | number)[],
): { statements: string[]; flow: string; groups: readonly string[] } {
  const isCounted = (question: SeriesQuestion) =>
    question.of !== 'metric' && !(question.of === 'requests' && question.aggregate !== 'count');
  if (part.of !== whole.of || !isCounted(part) || !isCounted(whole)) {
    throw new CannotExpress(
      path,
      'Kapacitor divides what it counts among the same points: requests by requests, records by records, runs by runs',
      'compile it for prometheus',
    );
  }
  const groups = groupTags(whole, [task.alert.kind, 'whole']);
  const outer = sourceOf(whole, [task.alert.kind, 'whole']);
  const inner = sourceOf(part, path);
  const windowed = [
    points(whole, outer, task, groups),
    // Both branches have a value of their own, so that points without one of the fields count, too.
    node(`eval(lambda: if(${lambdaOf(inner)}, 1, 0))`, `as('some')`),
    windowOf(whole, task),
  ].join('\n');
  return {
    statements: [
      `var ${name} = ${windowed}`,
      `var ${name}_some = ${name}\n${node(`sum('some')`, `as('points')`)}`,
      `var ${name}_all = ${name}\n${node(`count('some')`, `as('points')`)}`,
    ],
    flow: [`${name}_some`, node(`join(${name}_all)`, `as('some', 'all')`)].join('\n'),
    groups,
  };
}

/** Compared by multiplying: from nothing to anything is more than every rise, from nothing to nothing none. */
function change(task: Task, now: SeriesQuestion, before: SeriesQuestion, atLeast: number): Judged {
  const { alert } = task;
  const { condition } = alert;
  if (condition.is !== 'limit') throw new Error('a change has a limit');
  if (atLeast > 0)
    throw new CannotExpress(
      [alert.kind, 'at_least'],
      'Kapacitor has no number of samples for a change',
      'leave out at_least',
    );
  const shift = before.offset_ms - now.offset_ms;
  const present = flowOf(now, null, task, [alert.kind, 'of']);
  const isBatch = present.script.startsWith('batch');
  const past = flowOf(isBatch ? before : { ...before, offset_ms: now.offset_ms }, null, task, [alert.kind, 'of']);
  const limit = float(condition.limit.value);
  const size = 'if("before.value" < 0.0, -"before.value", "before.value")';
  const moved = '("now.value" - "before.value")';
  const float64 = node('eval(lambda: float("value"))', `as('value')`);
  return {
    statements: [
      `var now = ${present.script}\n${float64}`,
      `var before = ${past.script}\n${float64}\n${node(`shift(${durationText(shift)})`)}`,
    ],
    flow: [
      'now',
      node('join(before)', `as('now', 'before')`),
      node(
        `eval(lambda: ${moved} / ${size}, lambda: ${moved} ${operator(condition.limit)} ${limit} * ${size})`,
        `as('value', 'beyond')`,
      ),
    ].join('\n'),
    breached: '"beyond"',
    well: '!"beyond"',
    groups: present.groups,
    unit: 'share',
  };
}

function burning(task: Task): Judged {
  const { alert } = task;
  const { condition } = alert;
  if (condition.is !== 'burn_rate') throw new Error('only a burn rate burns');
  const windows = condition.windows.flatMap(({ long, short, above }, index) => [
    { name: `long${index}`, above, ...long },
    { name: `short${index}`, above, ...short },
  ]);
  if (windows.some(({ total }) => total.of !== 'runs' && total.window_ms > LONGEST_STREAM_MS)) {
    alert.approximate(
      [alert.kind],
      `burn_rate: Kapacitor keeps every ${windows[0]!.total.of === 'logs' ? 'record' : 'request'} of the longest window in memory`,
    );
  }
  const shared = windows.map((window) => ({
    ...window,
    ...shares(task, window.good, window.total, window.name, [alert.kind, 'good']),
  }));
  const statements = shared.flatMap(({ name, statements: own, flow }) => [
    ...own,
    // Where nothing happened, nothing burns.
    `var ${name}_bad = ${flow}\n${node('eval(lambda: if("all.points" == 0, 0.0, 1.0 - float("some.points") / float(if("all.points" == 0, 1, "all.points"))))', `as('share')`)}`,
  ]);
  const [first, ...others] = shared.map(({ name }) => name);
  const pairs = condition.windows.map(
    ({ above }, index) => `("long${index}.share" > ${float(above)} AND "short${index}.share" > ${float(above)})`,
  );
  return {
    statements,
    flow: [
      `${first}_bad`,
      node(
        `join(${others.map((name) => `${name}_bad`).join(', ')})`,
        `as(${[first!, ...others].map(text).join(', ')})`,
      ),
      node(`eval(lambda: ${pairs.join(' OR ')}, lambda: "${first}.share")`, `as('beyond', 'value')`),
    ].join('\n'),
    breached: '"beyond"',
    well: '!"beyond"',
    groups: [],
    unit: 'share',
  };
}

/** More than that of requests in memory is worth a word. */
const LONGEST_STREAM_MS = 600_000;

/** Runs are annotations; those that fail are counted in a row for each monitor. */
function failing(task: Task): Judged {
  const { alert, context } = task;
  const { condition } = alert;
  if (condition.is !== 'failing') throw new Error('only scenarios fail');
  if (condition.tags.length > 0)
    throw new CannotExpress(
      ['scenario', 'tags'],
      'runs are kept without the tags of their scenario',
      'name ids or services',
    );
  const one = (tag: string, values: readonly string[]) => (values.length === 0 ? [] : [{ tag, values }]);
  const source = {
    measurement: 'annotations',
    tags: [
      { tag: 'event', values: ['ringdown.run'] },
      { tag: 'state', values: ['passed', 'failed', 'error'] },
      ...one('service', condition.services),
      ...one('env', condition.environments),
    ],
    fields: condition.ids.length === 0 ? [] : [ofMonitors(condition.ids)],
  };
  const { database, retention_policy: policy } = context.settings;
  const flow = [
    'stream',
    node(
      'from()',
      `database(${text(database!)})`,
      `retentionPolicy(${text(policy!)})`,
      `measurement('annotations')`,
      `where(lambda: ${allOf([lambdaOf(source)])})`,
    ),
    node('eval(lambda: "monitor", lambda: "state")', `as('monitor', 'value')`, `tags('monitor')`),
    node(`groupBy('monitor')`),
    node(`stateCount(lambda: "value" != 'passed')`, `as('failures')`),
  ].join('\n');
  return {
    statements: [],
    flow,
    breached: `"failures" >= ${condition.consecutive}`,
    well: '"failures" < 0',
    groups: ['monitor'],
    unit: 'text',
  };
}

/** A tag's value in a template; its name is a string of Go, whatever is in it. */
function tagWord(tag: string): string {
  return `{{ index .Tags ${JSON.stringify(tag)} }}`;
}

const SUFFIXES: Readonly<Record<string, string>> = { ms: ' ms', s: ' s', By: ' B' };

function messageOf(alert: Alert, { groups, unit }: Judged): string {
  const by = groupedBy(alert.condition);
  const limit = writtenLimit(alert);
  const name = (word: string) => {
    if (word === 'threshold') return limit;
    if (word === 'value') return `{{ index .Fields "value" }}${SUFFIXES[unit] ?? ''}`;
    const at = by.indexOf(word);
    return tagWord(groups[at] ?? word);
  };
  return fillIn(alert.summary, name, goWords);
}
