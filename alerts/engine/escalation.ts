import { formatDuration } from '../../core/units.ts';
import type { Recipient } from '../on-call/targets.ts';
import type { Draft, Surroundings } from './draft.ts';
import { calledBy } from './stages/escalate.ts';
import type { IncidentTimer, TrackedIncident } from './state.ts';

/** A repeating step ends after so many calls: by then nobody is there, and the provider's bill grows. */
const MAX_REPEATS = 100;
/** Changes within this time are told in one update. */
const UPDATE_DELAY_MS = 3_000;

/** What a hold pauses, and an acknowledgement ends. */
export function isOfChain(timer: IncidentTimer): boolean {
  return timer.kind === 'escalate' || timer.kind === 'page' || timer.kind === 'loop' || timer.kind === 'renotify';
}

/** Starts the steps from now; those without delay ring at once. */
export function startEscalation(draft: Draft, row: TrackedIncident, around: Surroundings): void {
  row.started = true;
  row.reached = -1;
  row.timers = row.timers.filter((timer) => !isOfChain(timer));
  runThrough(draft, row, around);
  scheduleLoop(draft, row, 1);
  scheduleRenotify(draft, row);
}

/** More urgent steps than before: they ring only where nobody was told yet. */
export function restartEscalation(draft: Draft, row: TrackedIncident, around: Surroundings): void {
  row.reached = -1;
  const told = new Set(row.told);
  row.timers = row.timers.filter((timer) => !isOfChain(timer));
  row.escalation.forEach((step, index) => {
    if (step.after_ms > 0) {
      draft.schedule(row, { kind: 'escalate', step: index, repeat: 0, due_at: draft.after(step.after_ms) });
      return;
    }
    row.reached = index;
    const { recipients } = calledBy(step, row, around);
    const untold = recipients.filter(({ channel }) => !told.has(channel));
    draft.tell(
      row,
      'incident.triggered',
      untold.filter(({ delay_ms }) => delay_ms === 0).map(({ channel }) => channel),
      index,
    );
    for (const recipient of untold) if (recipient.delay_ms > 0) schedulePage(draft, row, index, recipient, around);
    scheduleRepeat(draft, row, index, 0);
  });
  scheduleLoop(draft, row, 1);
  scheduleRenotify(draft, row);
}

export function scheduleUpdate(draft: Draft, row: TrackedIncident): void {
  if (row.told.length === 0 || row.timers.some((timer) => timer.kind === 'update')) return;
  draft.schedule(row, { kind: 'update', due_at: draft.after(UPDATE_DELAY_MS) });
}

/** Carries out a timer of a chain that nothing holds, of an incident that is open. */
export function carryOut(draft: Draft, row: TrackedIncident, timer: IncidentTimer, around: Surroundings): void {
  if (timer.kind === 'update') draft.tell(row, 'incident.updated', row.told);
  else if (timer.kind === 'renotify') renotify(draft, row);
  else if (row.incident.state !== 'triggered') return;
  else if (timer.kind === 'escalate') ring(draft, row, timer.step, timer.repeat, around);
  else if (timer.kind === 'page') page(draft, row, timer, around);
  else if (timer.kind === 'loop') loop(draft, row, timer.round, around);
}

/**
 * A page did not get through, or not yet. Whoever comes next is called now instead of later: the person's next way, or
 * the step after; where no step is left, every channel that has not been told is told.
 */
export function bringForward(
  draft: Draft,
  row: TrackedIncident,
  failed: { step: number | null },
  around: Surroundings,
): void {
  if (row.incident.state !== 'triggered' || row.incident.held || failed.step === null) return;
  const next = failed.step + 1;
  const waiting =
    earliest(row.timers.filter((timer) => timer.kind === 'page' && timer.step === failed.step)) ??
    row.timers.find((timer) => timer.kind === 'escalate' && timer.step === next && timer.repeat === 0);
  if (waiting) {
    take(row, waiting);
    carryOut(draft, row, waiting, around);
    return;
  }
  if (next < row.escalation.length) return;
  const untold = around.channels.filter(({ name }) => !row.told.includes(name));
  if (untold.length > 0) tellEveryone(draft, row, untold, failed.step);
}

/** What would come next, carried out now because a person wants it; everyone where no step is left. */
export function escalateNow(draft: Draft, row: TrackedIncident, around: Surroundings): void {
  const waiting = [...row.timers, ...(row.paused?.timers ?? []).map(({ timer }) => timer)];
  const next = earliest(
    waiting.filter((timer) => timer.kind === 'page' || (timer.kind === 'escalate' && timer.repeat === 0)),
  );
  const before = row.sequence;
  if (next) {
    takeAnyway(row, next);
    carryOut(draft, row, next, around);
  } else if (row.reached + 1 < row.escalation.length) {
    const step = row.reached + 1;
    const begins = row.escalation[step]!.after_ms;
    ring(draft, row, step, 0, around);
    for (let later = step + 1; later < row.escalation.length; later++) {
      const due_at = draft.after(row.escalation[later]!.after_ms - begins);
      draft.schedule(row, { kind: 'escalate', step: later, repeat: 0, due_at });
    }
  } else {
    tellEveryone(draft, row, around.channels, row.escalation.length - 1);
  }
  if (row.incident.held) {
    const asked = [...draft.change.deliveries.values()].filter(
      ({ incident_id, position }) => incident_id === row.incident.id && position >= before,
    );
    row.forced = [...row.forced, ...asked.map(({ position }) => position)].slice(-100);
  }
}

/** When and whom the next step rings; null when none is left. */
export function nextEscalation(row: TrackedIncident): { at: string; notify: readonly string[] } | null {
  const next = earliest(row.timers.filter((timer) => timer.kind === 'escalate' || timer.kind === 'page'));
  if (next?.kind === 'page') return { at: next.due_at, notify: [next.channel] };
  const step = next?.kind === 'escalate' ? row.escalation[next.step] : undefined;
  return next && step ? { at: next.due_at, notify: step.notify } : null;
}

export function timerKey(incident: string, timer: IncidentTimer): string {
  switch (timer.kind) {
    case 'escalate':
      return `${incident} escalate ${timer.step} ${timer.repeat} ${timer.due_at}`;
    case 'page':
      return `${incident} page ${timer.step} ${timer.channel} ${timer.due_at}`;
    default:
      return `${incident} ${timer.kind} ${timer.due_at}`;
  }
}

/** Takes a timer off the list. @returns false when it no longer stands; one that a hold keeps for later stays there */
export function take(row: TrackedIncident, timer: IncidentTimer): boolean {
  const key = timerKey('', timer);
  const left = row.timers.filter((other) => timerKey('', other) !== key);
  const stood = left.length < row.timers.length;
  row.timers = left;
  return stood;
}

/** Takes it off whatever keeps it: it is carried out now. */
function takeAnyway(row: TrackedIncident, timer: IncidentTimer): void {
  if (take(row, timer) || !row.paused) return;
  const key = timerKey('', timer);
  const timers = row.paused.timers.filter((paused) => timerKey('', paused.timer) !== key);
  row.paused = { ...row.paused, timers };
}

/** After somebody took it, whoever was told hears again only as often as the policy says for that. */
export function scheduleRenotify(draft: Draft, row: TrackedIncident): void {
  const acknowledged = row.incident.state === 'acknowledged';
  const every = acknowledged ? row.renotify?.acknowledged_every_ms : row.renotify?.triggered_every_ms;
  if (every) draft.schedule(row, { kind: 'renotify', due_at: draft.after(every) });
}

/** Nobody has it any more: it is told as often as if nobody ever had. */
export function reopen(draft: Draft, row: TrackedIncident): void {
  row.timers = row.timers.filter((timer) => !isOfChain(timer));
  if (row.paused) {
    row.paused = { timers: [], anew: true };
    return;
  }
  scheduleLoop(draft, row, 1);
  scheduleRenotify(draft, row);
}

function tellEveryone(
  draft: Draft,
  row: TrackedIncident,
  channels: readonly { name: string }[],
  step: number,
  why = 'no step is left',
): void {
  const names = channels.map(({ name }) => name);
  const message = `${why}, so everyone is told: ${names.join(', ')}`;
  draft.event(row, 'escalated', message, null);
  draft.say(row, 'escalate', 'told', message);
  draft.tell(row, row.told.length === 0 ? 'incident.triggered' : 'incident.escalated', names, step);
}

function runThrough(draft: Draft, row: TrackedIncident, around: Surroundings): void {
  row.escalation.forEach((step, index) => {
    if (step.after_ms > 0) {
      draft.schedule(row, { kind: 'escalate', step: index, repeat: 0, due_at: draft.after(step.after_ms) });
    } else {
      ring(draft, row, index, 0, around);
    }
  });
}

function ring(draft: Draft, row: TrackedIncident, index: number, repeat: number, around: Surroundings): void {
  const step = row.escalation[index];
  if (!step) return;
  row.reached = Math.max(row.reached, index);
  // Only what nobody heard of yet is news.
  const first = index === 0 && repeat === 0 && row.told.length === 0;
  const { recipients, nobody, everyone } = calledBy(step, row, around);
  const now = recipients.filter(({ delay_ms }) => delay_ms === 0).map(({ channel }) => channel);
  const later = recipients.filter(({ delay_ms }) => delay_ms > 0);
  const named = recipients
    .toSorted((a, b) => Number(a.delay_ms > 0) - Number(b.delay_ms > 0))
    .map((each) => `${whoIs(each, around)}${each.delay_ms > 0 ? ` in ${formatDuration(each.delay_ms)}` : ''}`)
    .join(', ');
  const again = repeat > 0 ? ', again' : '';
  const which = `step ${index + 1} of ${row.escalation.length}${again}`;
  if (everyone) {
    draft.event(
      row,
      'escalated',
      `${which} reaches nobody (${nobody.join(', ')}), so everyone is told: ${named}`,
      null,
    );
  } else if (!first) {
    draft.event(row, 'escalated', `${which}: ${named}`, null);
  }
  const missed = nobody.length > 0 ? `; nobody for ${nobody.join(', ')}` : '';
  draft.say(row, 'escalate', recipients.length > 0 ? 'told' : 'nobody', `${which}: ${named}${missed}`);
  draft.tell(row, first ? 'incident.triggered' : 'incident.escalated', now, index);
  for (const recipient of later) schedulePage(draft, row, index, recipient, around);
  scheduleRepeat(draft, row, index, repeat);
}

function schedulePage(
  draft: Draft,
  row: TrackedIncident,
  step: number,
  recipient: Recipient,
  around: Surroundings,
): void {
  const { channel, user, delay_ms } = recipient;
  const due_at = draft.after(delay_ms);
  draft.schedule(row, { kind: 'page', step, channel, user, due_at, who: whoIs(recipient, around) });
}

function whoIs(recipient: Recipient, { nameRecipient, now }: Surroundings): string {
  if (nameRecipient) return nameRecipient(recipient, now);
  return recipient.user === null ? recipient.channel : `${recipient.channel} for ${recipient.user}`;
}

function page(draft: Draft, row: TrackedIncident, timer: IncidentTimer & { kind: 'page' }, around: Surroundings): void {
  const { step, channel, user } = timer;
  const who = timer.who ?? whoIs({ channel, user, delay_ms: 0 }, around);
  if (!around.channels.some(({ name }) => name === channel)) {
    tellEveryone(draft, row, around.channels, step, `${who} is not configured any more`);
    return;
  }
  const first = row.told.length === 0;
  if (!first) draft.event(row, 'escalated', `step ${step + 1} of ${row.escalation.length}: ${who}`, null);
  draft.say(row, 'escalate', 'told', `step ${step + 1} of ${row.escalation.length}: ${who}`);
  draft.tell(row, first ? 'incident.triggered' : 'incident.escalated', [channel], step);
}

function loop(draft: Draft, row: TrackedIncident, round: number, around: Surroundings): void {
  const times = row.escalation_loop?.times ?? 0;
  draft.event(row, 'escalated', `nobody has answered, so the steps begin again: time ${round} of ${times}`, null);
  row.timers = row.timers.filter((timer) => timer.kind !== 'escalate' && timer.kind !== 'page');
  runThrough(draft, row, around);
  scheduleLoop(draft, row, round + 1);
}

function scheduleLoop(draft: Draft, row: TrackedIncident, round: number): void {
  if (!row.escalation_loop || round > row.escalation_loop.times) return;
  draft.schedule(row, { kind: 'loop', round, due_at: draft.after(row.escalation_loop.every_ms) });
}

function renotify(draft: Draft, row: TrackedIncident): void {
  const told = draft.tell(row, 'incident.escalated', row.told);
  if (told.length > 0) {
    const message = `still open, so they are told again: ${told.join(', ')}`;
    draft.event(row, 'renotified', message, null);
    draft.say(row, 'escalate', 'told', message);
  }
  scheduleRenotify(draft, row);
}

function scheduleRepeat(draft: Draft, row: TrackedIncident, step: number, repeat: number): void {
  const every = row.escalation[step]?.repeat_every_ms ?? null;
  if (every === null || repeat >= MAX_REPEATS) return;
  draft.schedule(row, { kind: 'escalate', step, repeat: repeat + 1, due_at: draft.after(every) });
}

function earliest(timers: readonly IncidentTimer[]): IncidentTimer | undefined {
  return timers.reduce<IncidentTimer | undefined>((a, b) => (a && a.due_at <= b.due_at ? a : b), undefined);
}
