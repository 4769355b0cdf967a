import { onOneLine } from '../../core/plain-text.ts';
import { formatDuration } from '../../core/units.ts';
import type { IncidentHistory } from '../alert-store.ts';
import type { DeliveryRecord, Incident, IncidentEvent } from '../incident.ts';

/** What a run did, without secrets, and without bodies unless allowed. */
export interface RunEvidence {
  id: string;
  url: string | null;
  started_at: string;
  /** What it did, in order. */
  steps: readonly { name: string; status: string; duration_ms: number | null; detail: string | null }[];
  /** Such as the first lines of a server's log; shown as they are. */
  excerpts: readonly { title: string; text: string }[];
}

/** What the app knows beyond the incident. Texts are plain: they are escaped here. */
export interface PostMortemExtras {
  /** Of the first failing run; null where it is not kept, or nobody knows which it was. */
  first: RunEvidence | null;
  /** Of the run that the cause speaks of; null where that is the first one, or it is not kept. */
  latest: RunEvidence | null;
  /** Wall-clock milliseconds. */
  now: number;
}

/** A document longer than this helps nobody: the rest stands behind the link. */
const MOST_EVENTS = 500;
const LONGEST_EXCERPT = 10_000;

/** A post-incident document in Markdown (CommonMark), to be completed by people. Pure. */
export function exportMarkdown(history: IncidentHistory, extras: PostMortemExtras): string {
  const { incident, timeline, deliveries } = history;
  const sections = [
    [`# ${escaped(incident.title)}`, summary(incident, extras.now)],
    ['## Impact', impact(incident, extras.now)],
    ['## Cause', cause(incident)],
    ['## Timeline', events(incident, timeline)],
    ['## Who was told', told(deliveries)],
    ['## Notes', notes(timeline)],
    ['## Evidence of the first failing run', firstRun(history, extras.first)],
    ['## Evidence of the run that the cause speaks of', extras.latest ? evidence(extras.latest) : []],
    ['## What we do about it', ['- [ ] ']],
  ] as const;
  return `${sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title}\n\n${lines.join('\n')}`)
    .join('\n\n')}\n`;
}

function summary(incident: Incident, now: number): string[] {
  const begun = Date.parse(incident.triggered_at);
  const rows: [string, string][] = [
    ['Incident', `[${escaped(incident.id)}](${target(incident.url)})`],
    ['State', incident.state],
    ['Priority', `${incident.priority}, policy ${escaped(incident.policy)}`],
    ['Service', `${escaped(incident.service)}, ${escaped(incident.environment)}`],
    ['Triggered', absolute(incident.triggered_at)],
  ];
  if (incident.acknowledged_at) {
    const after = span(begun, Date.parse(incident.acknowledged_at));
    rows.push(['Acknowledged', `by ${escaped(incident.acknowledged_by ?? 'somebody')} after ${after}`]);
  }
  if (incident.resolved_at) {
    const by = incident.resolved_by === null ? 'every monitor passed again' : `by ${escaped(incident.resolved_by)}`;
    rows.push(['Resolved', `${absolute(incident.resolved_at)}, ${by}`]);
  }
  rows.push(['Lasted', span(begun, incident.resolved_at ? Date.parse(incident.resolved_at) : now)]);
  if (incident.assignee) rows.push(['Assignee', escaped(incident.assignee)]);
  if (incident.held) rows.push(['Held', escaped(incident.held.reason)]);
  if (incident.merged_into) rows.push(['Merged into', escaped(incident.merged_into)]);
  return ['| | |', '|---|---|', ...rows.map(([name, text]) => `| ${name} | ${text} |`)];
}

function impact(incident: Incident, now: number): string[] {
  const { evidence: known, monitors, failing_count, cause: why } = incident;
  const end = incident.resolved_at ? Date.parse(incident.resolved_at) : now;
  const lines = [`- Failing since ${absolute(why.failing_since)}, for ${span(Date.parse(why.failing_since), end)}.`];
  const count = `${monitors.length} ${monitors.length === 1 ? 'monitor' : 'monitors'} joined`;
  lines.push(`- ${count}, ${failing_count} ${incident.state === 'resolved' ? 'failed last' : 'fail now'}.`);
  if (known.real_traffic) {
    const { errors, requests, route } = known.real_traffic;
    lines.push(`- Real traffic: ${errors} of ${requests} requests to ${code(route)} failed within five minutes.`);
  }
  if (known.healthy_monitors.length > 0) {
    lines.push(`- Healthy beside it: ${known.healthy_monitors.map(escaped).join(', ')}.`);
  }
  return lines;
}

function cause({ cause: why, evidence: { log_records }, deployment, runbook, source }: Incident): string[] {
  const lines = [
    `- ${escaped(why.monitor_name)}${why.step === '' ? '' : `, step ${escaped(why.step)}`}: ${escaped(why.message)}`,
  ];
  if (why.route) lines.push(`- Request: ${code(why.route)}`);
  const [expected, actual] = source === 'rule' ? ['Limit', 'value'] : ['Expected', 'actual'];
  if (why.expected !== null)
    lines.push(`- ${expected} ${code(why.expected)}, ${actual} ${code(why.actual ?? 'nothing')}`);
  if (why.server_error) lines.push(`- The server's own error: ${code(why.server_error)}`);
  for (const { time, level, message, trace_id } of log_records ?? []) {
    const trace = trace_id === null ? '' : `, trace ${code(trace_id)}`;
    lines.push(`- Log record of ${escaped(time)}, ${escaped(level)}: ${code(message)}${trace}`);
  }
  if (why.trace_id) lines.push(`- Trace ${code(why.trace_id)}`);
  if (why.run_url) lines.push(`- [Run](${target(why.run_url)})`);
  if (why.source_url) lines.push(`- [Source](${target(why.source_url)})`);
  if (deployment) {
    lines.push(`- Last deployment: ${escaped(deployment.version)} at ${absolute(deployment.deployed_at)}`);
  }
  if (runbook) lines.push(`- [Runbook](${target(runbook)})`);
  return lines;
}

function events(incident: Incident, timeline: readonly IncidentEvent[]): string[] {
  const begun = Date.parse(incident.triggered_at);
  const rows = timeline.slice(0, MOST_EVENTS).map(({ at, kind, message, actor }) => {
    const what = `${kind.replaceAll('_', ' ')}: ${escaped(message)}`;
    return `| ${relative(Date.parse(at) - begun)} | ${absolute(at)} | ${what} | ${escaped(actor ?? '')} |`;
  });
  if (timeline.length > MOST_EVENTS) rows.push(`| | | and ${timeline.length - MOST_EVENTS} more | |`);
  return rows.length === 0 ? [] : ['| after | at | what | who |', '|---|---|---|---|', ...rows];
}

function told(deliveries: readonly DeliveryRecord[]): string[] {
  if (deliveries.length === 0) return ['Nobody was told.'];
  const rows = deliveries.map(({ channel, event, status, due_at, last_attempt_at, attempts, last_error }) => {
    const took = status === 'accepted' && last_attempt_at ? span(Date.parse(due_at), Date.parse(last_attempt_at)) : '';
    const what = event.replace('incident.', '');
    return `| ${absolute(due_at)} | ${escaped(channel)} | ${what} | ${status} | ${took} | ${attempts} | ${escaped(last_error ?? '')} |`;
  });
  return ['| at | channel | what | outcome | took | attempts | error |', '|---|---|---|---|---|---|---|', ...rows];
}

function notes(timeline: readonly IncidentEvent[]): string[] {
  return timeline
    .filter(({ kind }) => kind === 'note')
    .map(({ at, actor, message }) => `- ${absolute(at)}, ${escaped(actor ?? 'somebody')}: ${escaped(message)}`);
}

function firstRun({ first_run: known }: IncidentHistory, run: RunEvidence | null): string[] {
  if (run) return evidence(run);
  return known ? [`Run ${runName(known)} is not kept any more.`] : [];
}

function runName({ id, url }: Pick<RunEvidence, 'id' | 'url'>): string {
  return url === null ? code(id) : `[${escaped(id)}](${target(url)})`;
}

function evidence(run: RunEvidence): string[] {
  const steps = run.steps.map((step, index) => {
    const took = step.duration_ms === null ? '' : `, ${formatDuration(Math.round(step.duration_ms))}`;
    return `${index + 1}. ${escaped(step.name)}: ${escaped(step.status)}${took}${step.detail ? `: ${escaped(step.detail)}` : ''}`;
  });
  const excerpts = run.excerpts.flatMap(({ title, text }) => ['', `### ${escaped(title)}`, '', ...fenced(text)]);
  return [`Run ${runName(run)}, begun ${absolute(run.started_at)}.`, '', ...steps, ...excerpts];
}

/** The fence is longer than any row of backticks within, so that no text ends it. */
function fenced(text: string): string[] {
  const cut = text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}…` : text;
  const longest = Math.max(2, ...[...cut.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [fence, cut.replace(/\r\n?/g, '\n'), fence];
}

/** Plain text on one line: nothing in it is markup, ends a table's cell or is HTML. */
function escaped(text: string): string {
  return onOneLine(text).replace(/[\\`*_{}[\]()<>#+!|~&-]/g, '\\$&');
}

function code(text: string): string {
  const line = onOneLine(text).replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

/** What `encodeURIComponent` leaves as it is, though it ends a link. */
const BRACKETS: Readonly<Record<string, string>> = { '(': '%28', ')': '%29' };

/** Only what a browser may follow. */
function target(url: string): string {
  return /^https?:\/\//i.test(url)
    ? url.replace(/[\s()<>[\]\\`|]/g, (sign) => BRACKETS[sign] ?? encodeURIComponent(sign))
    : '#';
}

function absolute(at: string): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}

function relative(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${formatDuration(Math.round(Math.abs(ms) / 1_000) * 1_000)}`;
}

/** Clocks are set back now and then: nothing lasts less than no time. */
function span(from: number, to: number): string {
  return formatDuration(Math.max(0, Math.round((to - from) / 100) * 100));
}
