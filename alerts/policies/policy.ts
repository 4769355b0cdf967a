import type { Priority } from '../incident.ts';

/** A policy as the engine reads it; snake_case because an open incident stores the steps it was opened with. */
export interface Policy {
  id: string;
  priority: Priority;
  rules: readonly Rule[];
  escalation: readonly EscalationStep[];
  resolve: { after_passing: number };
}

/** Which monitors, and after how many failed runs in a row. An empty list matches every monitor. */
export interface Rule {
  /** A monitor with any of these tags. */
  tags: readonly string[];
  /** Scenario ids. */
  ids: readonly string[];
  services: readonly string[];
  consecutive: number;
}

export interface EscalationStep {
  /** Since the incident was triggered. */
  after_ms: number;
  /** Names of channels; `all` means every configured channel. */
  notify: readonly string[];
  /** Repeats until acknowledged; null for once. */
  repeat_every_ms: number | null;
}

/** Every configured channel. */
export const ALL_CHANNELS = 'all';

/** What applies where no policy does, so that a failure is never silent by omission. */
export const builtInPolicy: Policy = {
  id: 'built-in',
  priority: 'P2',
  rules: [{ tags: [], ids: [], services: [], consecutive: 1 }],
  escalation: [{ after_ms: 0, notify: [ALL_CHANNELS], repeat_every_ms: null }],
  resolve: { after_passing: 1 },
};
