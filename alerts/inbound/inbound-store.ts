import type { InboundAlert } from './inbound.ts';
import type { TakenRequest } from './replay-guard.ts';

/** The last that a source said of one alert. */
export interface RememberedAlert {
  source: string;
  /** RFC 3339, of the sender. */
  at: string;
  /** RFC 3339, by our clock. */
  received_at: string;
  alert: InboundAlert;
}

/** Where the receiver keeps what it must know after a restart. Implemented by storage; errors reject. */
export interface InboundStore {
  /** Alerts that fire, and those that ended after `since`; requests taken after it. @param since RFC 3339 */
  load(since: string): Promise<{ alerts: RememberedAlert[]; taken: TakenRequest[] }>;
  /** The latest of each source and key; all or nothing. */
  saveAlerts(alerts: readonly RememberedAlert[]): Promise<void>;
  saveTaken(taken: readonly TakenRequest[]): Promise<void>;
  /** Forgets alerts that ended, and requests taken, before that. */
  prune(before: string): Promise<void>;
}
