/** `=~` and `!~` hold a pattern in RE2 syntax that must match the whole value. A label that is not there is the empty string. */
export interface Matcher {
  label: string;
  is: '=' | '!=' | '=~' | '!~';
  value: string;
}

/** Ad hoc: nobody is told of incidents that all matchers match. Stored and returned by the HTTP API; times RFC 3339, UTC. */
export interface Silence {
  id: string;
  /** At least one. */
  matchers: readonly Matcher[];
  starts_at: string;
  /** At most 30 days after it starts. Ended early: when that was. */
  ends_at: string;
  reason: string;
  created_by: string;
  created_at: string;
  /** Who ended it early. */
  ended_by: string | null;
}

/** Planned: as a silence, once or again and again. */
export interface MaintenanceWindow {
  id: string;
  name: string;
  matchers: readonly Matcher[];
  schedule:
    | { starts_at: string; ends_at: string }
    /** Five fields; it begins at every match and lasts `duration_ms`. */
    | { cron: string; timezone: string; duration_ms: number };
  /** `config`: from ringdown.yaml, which alone can change it. */
  source: 'config' | 'api';
  created_by: string;
}

export type NewSilence = Pick<Silence, 'matchers' | 'starts_at' | 'ends_at' | 'reason'>;
export type NewMaintenanceWindow = Pick<MaintenanceWindow, 'name' | 'matchers' | 'schedule'>;
