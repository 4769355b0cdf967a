import { formatDuration } from '../../core/units.ts';
import type { Incident } from '../incident.ts';
import type { Page } from '../notifier.ts';
import { ALL_CHANNELS } from '../policies/policy.ts';
import type { PageContext } from './compose.ts';
import { membersLabel } from './members.ts';
import { LONGEST_CAUSE, oneLine } from './one-line.ts';
import { listed } from './words.ts';

/** Labels that a page says elsewhere, or that only machines read. */
const SAID_ELSEWHERE = new Set(['service', 'environment', 'policy', 'rule', 'priority', 'monitor']);
const LABELS_SHOWN = 12;

/** Label and text in the order they should be read. @param now wall-clock milliseconds */
export function composeFacts(incident: Incident, context: PageContext, now: number): Page['facts'] {
  const { cause, deployment } = incident;
  const over = incident.state === 'resolved';
  const since = Date.parse(cause.failing_since);
  const end = over ? Date.parse(incident.resolved_at ?? '') || now : now;
  const found: Page['facts'] = [];
  const add = (label: string, text: string) => found.push({ label, text });

  add(
    'Since',
    `${cause.failing_since.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')}, for ${outageLength(end - since)}`,
  );
  if (context.released && !over) add('Rang late', context.released);
  if (incident.held) add('Held', incident.held.reason);
  found.push(origin(incident));
  if (cause.route) add('Request', cause.route);
  const measured = incident.source === 'rule';
  if (cause.expected !== null) add(measured ? 'Limit' : 'Expected', cause.expected);
  if (cause.actual !== null) add(measured ? 'Value' : 'Actual', cause.actual);
  // The headline cuts it.
  if (cause.step === '' && cause.message.length > LONGEST_CAUSE) add('Message', cause.message);
  if (incident.source === 'run') add('Attempts', cause.attempts === 1 ? '1' : `${cause.attempts}, none passed`);
  const others = otherRecords(incident);
  if (others !== '') add('Log', others);
  surroundings(incident, context, over, add);
  if (deployment) {
    const ago = now - Date.parse(deployment.deployed_at);
    const when = ago >= 0 ? `${formatDuration(ago)} ago` : `at ${deployment.deployed_at}`;
    add('Changed', `version ${deployment.version} was deployed ${when}`);
  }
  const labels = Object.entries(incident.labels).filter(([label]) => !SAID_ELSEWHERE.has(label));
  if (labels.length > 0) {
    const shown = labels.slice(0, LABELS_SHOWN).map(([label, value]) => `${label}=${value}`);
    add('Labels', [...shown, ...(labels.length > LABELS_SHOWN ? ['…'] : [])].join(', '));
  }
  if (context.flapping && !over) add('Flapping', 'it came and went lately, so it ends only after passing for a while');
  if (incident.acknowledged_by) add('Acknowledged', `by ${incident.acknowledged_by}`);
  if (incident.assignee && !over) add('Assigned', `to ${incident.assignee}`);
  const next = escalatesTo(incident, context);
  if (next) {
    const wait = Math.max(0, Date.parse(context.next_escalation!.at) - now);
    add('Next', `${next} in ${formatDuration(wait)} unless acknowledged`);
  }
  return found;
}

/** What the records that a rule counted say beside what they say most often. */
function otherRecords({ cause, evidence }: Incident): string {
  const others = (evidence.log_records ?? []).filter(({ message }) => !cause.server_error?.startsWith(message));
  const said = others.map(({ level, message, exception_type }) => `${level} ${exception_type ?? ''} ${message}`);
  return [...new Set(said)].map((one) => oneLine(one.replace(/ +/g, ' '), LONGEST_CAUSE)).join(' · ');
}

/** What saw it. */
function origin({ source, cause, labels, policy }: Incident): Page['facts'][number] {
  if (source === 'run') {
    const text = cause.step ? `${cause.monitor_name}, step "${cause.step}"` : cause.monitor_name;
    return { label: 'Scenario', text };
  }
  if (source === 'rule') return { label: 'Rule', text: `${labels.rule ?? cause.monitor_name} of policy ${policy}` };
  const [, sender = 'another system'] = /^inbound:([^/]+)\//.exec(cause.monitor) ?? [];
  const named = !cause.message.startsWith(cause.monitor_name);
  return { label: 'Reported by', text: named ? `${sender}: ${cause.monitor_name}` : sender };
}

/** Who else is hit, and what is not. */
function surroundings(
  incident: Incident,
  context: PageContext,
  over: boolean,
  add: (label: string, text: string) => void,
): void {
  const real = incident.evidence.real_traffic;
  if (real) {
    const share = real.errors === 0 ? `none of ${real.requests}` : `${real.errors} of ${real.requests}`;
    add('Real traffic', `${share} requests to ${real.route} failed in the last 5 min`);
  }
  if (incident.monitors.length > 1) {
    const failing = over ? '' : `, ${context.failing_monitors} still failing`;
    add(
      membersLabel(incident),
      `${incident.monitors.length}${failing}: ${some(incident.monitors.map(context.monitorName))}`,
    );
  }
  const healthy = incident.evidence.healthy_monitors;
  if (healthy.length > 0) add('Healthy', some(healthy.map(context.monitorName)));
}

/** Whom the next step tells, in words; null when nobody is left, or somebody has answered. */
export function escalatesTo(incident: Incident, { next_escalation }: PageContext): string | null {
  if (incident.state !== 'triggered' || !next_escalation) return null;
  return listed(next_escalation.notify.map(calledTarget));
}

function calledTarget(name: string): string {
  if (name === ALL_CHANNELS) return 'every channel';
  const [, kind, who] = /^(on-call|user):(.+)$/.exec(name) ?? [];
  if (kind === undefined) return name;
  return kind === 'user' ? who! : `whoever is on call for ${who}`;
}

/** Outages are told in whole seconds: one that has just begun has lasted one. */
export function outageLength(ms: number): string {
  return formatDuration(Math.max(1_000, Math.round(ms / 1_000) * 1_000));
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5);
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : listed(shown);
}
