import type { Incident, LiveEvent, Monitor, RunSummary } from '../../../../control/resources.ts';
import { withRun } from '../monitor/history.ts';

export interface Connection {
  status: 'connecting' | 'live' | 'lost';
  /** Unix milliseconds of this browser; when it was lost, the last time it was heard. */
  since: number;
}

export interface LiveState {
  connection: Connection;
  /** Null until they were fetched once. */
  monitors: ReadonlyMap<string, Monitor> | null;
  /** Open incidents, and those that were resolved while this page was open. */
  incidents: ReadonlyMap<string, Incident> | null;
  /** The run that ended last, for pages that show lists of runs. */
  latest_run: RunSummary | null;
  /** Counts how often rules were said to have changed. */
  rules_changed: number;
  /** Server time minus this browser's, so that "3 s ago" is true on a computer with a wrong clock. */
  skew_ms: number;
  /** What a screen reader should say. */
  announcement: string;
}

export type LiveAction =
  | { type: 'connected'; at: number }
  | { type: 'lost'; at: number }
  | { type: 'snapshot'; monitors: Monitor[]; incidents: Incident[] }
  | { type: 'event'; event: LiveEvent; at: number };

export function initialState(now: number): LiveState {
  return {
    connection: { status: 'connecting', since: now },
    monitors: null,
    incidents: null,
    latest_run: null,
    rules_changed: 0,
    skew_ms: 0,
    announcement: '',
  };
}

/** Differences smaller than this are the network's, not the clock's. */
const SKEW_FLOOR_MS = 2_000;

/** What the page knows after something happened. Losing the connection changes no monitor: it says nothing about them. */
export function reduce(state: LiveState, action: LiveAction): LiveState {
  switch (action.type) {
    case 'connected':
      return { ...state, connection: { status: 'live', since: action.at } };
    case 'lost':
      return state.connection.status === 'lost'
        ? state
        : { ...state, connection: { status: 'lost', since: action.at } };
    case 'snapshot':
      return {
        ...state,
        monitors: byKey(action.monitors),
        incidents: new Map(action.incidents.map((incident) => [incident.id, incident])),
      };
    case 'event':
      return reduceEvent(state, action.event, action.at);
  }
}

function reduceEvent(state: LiveState, event: LiveEvent, at: number): LiveState {
  switch (event.type) {
    case 'ping': {
      const skew = Date.parse(event.data.at) - at;
      if (Number.isNaN(skew) || Math.abs(skew - state.skew_ms) < SKEW_FLOOR_MS) return state;
      return { ...state, skew_ms: Math.abs(skew) < SKEW_FLOOR_MS ? 0 : skew };
    }
    case 'monitor': {
      const before = state.monitors?.get(event.data.key);
      const monitors = new Map(state.monitors).set(event.data.key, event.data);
      return { ...state, monitors, announcement: stateChangeWords(before, event.data) ?? state.announcement };
    }
    case 'rules':
      return { ...state, rules_changed: state.rules_changed + 1 };
    case 'monitors':
      return { ...state, monitors: byKey(event.data.items) };
    case 'incident': {
      const before = state.incidents?.get(event.data.id);
      const incidents = new Map(state.incidents).set(event.data.id, event.data);
      const news =
        before?.state === event.data.state ? state.announcement : `Incident ${event.data.state}: ${event.data.title}`;
      return { ...state, incidents, announcement: news };
    }
    case 'run': {
      const monitor = state.monitors?.get(event.data.monitor);
      const next = { ...state, latest_run: event.data };
      if (!monitor) return next;
      const recent_runs = withRun(monitor.recent_runs, event.data, 100);
      const monitors = new Map(state.monitors).set(monitor.key, {
        ...monitor,
        recent_runs,
        last_run: recent_runs[0] ?? monitor.last_run,
      });
      return { ...next, monitors };
    }
  }
}

function byKey(monitors: readonly Monitor[]): ReadonlyMap<string, Monitor> {
  return new Map(monitors.map((monitor) => [monitor.key, monitor]));
}

const STATE_WORDS = {
  passing: 'is passing',
  degraded: 'is degraded',
  failing: 'is failing',
  no_data: 'has no data',
  paused: 'is paused',
} as const;

/** `Write a post is failing: status 500, expected 201`; null when the state stayed. */
export function stateChangeWords(before: Monitor | undefined, after: Monitor): string | null {
  if (!before || before.state === after.state) return null;
  const reason = after.state === 'failing' && after.last_run?.failure ? `: ${after.last_run.failure.message}` : '';
  return `${after.name} ${STATE_WORDS[after.state]}${reason}`;
}

/** Open ones, worst and oldest first. */
export function openIncidents(incidents: ReadonlyMap<string, Incident> | null): Incident[] {
  return [...(incidents?.values() ?? [])]
    .filter((incident) => incident.state !== 'resolved')
    .sort((a, b) => a.priority.localeCompare(b.priority) || a.triggered_at.localeCompare(b.triggered_at));
}

/** Wait before the next attempt to connect: 1, 2, 4, 8, then 15 s, each shortened by up to a third at random. */
export function reconnectDelayMs(failures: number, random: number): number {
  const ceiling = Math.min(15_000, 1_000 * 2 ** Math.min(failures, 10));
  return Math.round(ceiling * (1 - random / 3));
}
