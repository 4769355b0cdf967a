import type { Incident } from '../incident.ts';
import type { ToldEvent } from './policy-test.ts';

/** Everything that happened in a simulated stretch of time. Times are milliseconds since its start. */
export interface Simulation {
  told: readonly Told[];
  /** In the order of their times: what was given, what the incidents did, and who was told. */
  happenings: readonly Happening[];
  /** All that there were, as they were in the end. */
  incidents: readonly Incident[];
  /** Incidents as they were at the times that were asked for; resolved ones are among them. */
  snapshots: ReadonlyMap<number, readonly Incident[]>;
  /** What was given and could not be done. */
  problems: readonly { at_ms: number; text: string }[];
  /** What took part, for coverage. */
  fired: FiredParts;
}

/** A channel took a notification. */
export interface Told {
  at_ms: number;
  channel: string;
  /** Key of the person who was meant; null for a channel that was named itself. */
  user: string | null;
  event: ToldEvent;
  incident_id: string;
  dedup_key: string;
  title: string;
  priority: Incident['priority'];
  policy: string;
}

export interface Happening {
  at_ms: number;
  /** `given`: by the test. `incident`: what the chain did. `told`: somebody was. `trouble`: something did not work. */
  kind: 'given' | 'incident' | 'told' | 'trouble';
  /** One line. */
  text: string;
}

/** Parts of policies that took part, by the key of their place in the policy: see `partsOf`. */
export type FiredParts = Set<string>;
