import { reconsider, settle } from './chain.ts';
import { Draft, type Surroundings } from './draft.ts';
import { carryOut, isOfChain, take } from './escalation.ts';
import { letCalmOnesGo } from './lifecycle.ts';
import type { AlertChange, AlertState, IncidentTimer } from './state.ts';

/** Timers fell due; the caller measures that on monotonic time. */
export function fireTimers(
  state: AlertState,
  id: string,
  timers: readonly IncidentTimer[],
  around: Surroundings,
): AlertChange {
  const draft = new Draft(state, around);
  if (!draft.incident(id)) return draft.change;
  for (const timer of timers) fire(draft, id, timer, around);
  settle(draft, around);
  return draft.change;
}

/** What has come to hold the incident meanwhile pauses it, this timer included. */
function fire(draft: Draft, id: string, timer: IncidentTimer, around: Surroundings): void {
  const row = draft.edit(id);
  if (isOfChain(timer)) reconsider(draft, id, around);
  if (!take(row, timer) || row.incident.state === 'resolved') return;
  if (timer.kind === 'hold') reconsider(draft, id, around);
  else if (timer.kind === 'calm') letCalmOnesGo(draft, row);
  else carryOut(draft, row, timer, around);
}
