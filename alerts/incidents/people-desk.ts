import { createHash } from 'node:crypto';
import { RingdownError } from '../../core/errors.ts';
import type { Surroundings } from '../engine/draft.ts';
import { comingSteps, forecast } from '../engine/forecast.ts';
import { acknowledge, assign, escalate, mergeIncidents, note, resolve } from '../engine/people.ts';
import { addSilence, cancelWindow, endSilence, LISTED_AFTER_END_MS, planWindow } from '../engine/silencing.ts';
import type { AlertChange, AlertState } from '../engine/state.ts';
import type { Incident } from '../incident.ts';
import { LONGEST_SILENCE_MS, type SilenceProblem, silenceProblems, windowProblems } from '../silences/check.ts';
import type { Matcher } from '../silences/silence.ts';
import type { PeopleDesk } from './people.ts';

export interface PeopleDeskDeps {
  state: AlertState;
  around(): Surroundings;
  commit(change: AlertChange): Promise<void>;
}

/** More monitors than these are not named one by one. */
const MOST_MONITORS_NAMED = 50;

/** What people do, on the state of the desk. */
export function createPeopleDesk({ state, around, commit }: PeopleDeskDeps): PeopleDesk {
  async function act(id: string, change: AlertChange): Promise<Incident | null> {
    const incident = change.incidents.get(id)?.incident ?? state.incidents.get(id)?.incident ?? null;
    await commit(change);
    return incident;
  }

  const people: PeopleDesk = {
    acknowledge: (id, who) => act(id, acknowledge(state, id, who, around())),
    resolve: (id, who) => act(id, resolve(state, id, who, around())),
    escalate: (id, who) => act(id, escalate(state, id, who, around())),
    note: (id, text, who) => act(id, note(state, id, text, who, around())),
    assign: (id, to, who) => act(id, assign(state, id, to, who, around())),
    async merge(id, into, who) {
      const change = mergeIncidents(state, id, into, who, around());
      await commit(change);
      return change.incidents.get(into)?.incident ?? null;
    },
    explain: (id) => state.incidents.get(id)?.words,
    coming(id) {
      const row = state.incidents.get(id);
      return row && comingSteps(row, around());
    },
    forecast: (observation) => forecast(state, observation, around()),

    silences() {
      const since = around().now - LISTED_AFTER_END_MS;
      return [...state.silences.values()].filter(({ ends_at }) => Date.parse(ends_at) > since);
    },
    async silence(entry, who) {
      refuse('INVALID_SILENCE', silenceProblems(entry));
      const surroundings = around();
      const created_at = new Date(surroundings.now).toISOString();
      const { matchers, starts_at, ends_at, reason } = entry;
      const id = `sil-${digest(entry, created_at, who.by, state.silences.size)}`;
      const silence = { id, matchers, starts_at, ends_at, reason, created_by: who.by, created_at, ended_by: null };
      await commit(addSilence(state, silence, surroundings));
      return silence;
    },
    async silenceIncident(id, forMs, who) {
      const row = state.incidents.get(id);
      if (!row || row.incident.state === 'resolved') return null;
      const { now } = around();
      const lasts = Math.min(Math.max(1_000, forMs), LONGEST_SILENCE_MS);
      return people.silence(
        {
          matchers: matchersOf(row.incident),
          starts_at: new Date(now).toISOString(),
          ends_at: new Date(now + lasts).toISOString(),
          reason: row.incident.title,
        },
        who,
      );
    },
    async endSilence(id, who) {
      if (!state.silences.has(id)) return null;
      await commit(endSilence(state, id, who, around()));
      return state.silences.get(id) ?? null;
    },
    maintenanceWindows: () => [...(around().maintenance ?? []), ...state.windows.values()],
    async planMaintenance(entry, who) {
      refuse('INVALID_MAINTENANCE_WINDOW', windowProblems(entry));
      const surroundings = around();
      const { name, matchers, schedule } = entry;
      const id = `mw-${digest(entry, String(surroundings.now), who.by, state.windows.size)}`;
      const window = { id, name, matchers, schedule, source: 'api' as const, created_by: who.by };
      await commit(planWindow(state, window, surroundings));
      return window;
    },
    async cancelMaintenance(id, _who) {
      if (!state.windows.has(id)) return false;
      await commit(cancelWindow(state, id, around()));
      return true;
    },
  };
  return people;
}

/** What holds this incident open: its service, environment, policy and monitors. */
function matchersOf({ labels, monitors }: Incident): Matcher[] {
  const equal = ['service', 'environment', 'policy', 'rule'].flatMap((label): Matcher[] =>
    labels[label] ? [{ label, is: '=', value: labels[label] }] : [],
  );
  const pattern = monitors.map(quoted).join('|');
  const few = monitors.length <= MOST_MONITORS_NAMED && pattern.length <= 1_000;
  return few ? [...equal, { label: 'monitor', is: '=~', value: pattern }] : equal;
}

function quoted(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/** Derived, so that the same wish at the same moment is one. */
function digest(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 20);
}

function refuse(code: string, problems: readonly SilenceProblem[]): void {
  if (problems.length === 0) return;
  const message = problems.map((problem) => `${problem.path.join('.')}: ${problem.message}`).join('; ');
  throw new RingdownError(code, message, problems[0]?.hint === undefined ? {} : { hint: problems[0].hint });
}
