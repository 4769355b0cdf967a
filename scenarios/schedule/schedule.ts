/** When a monitor runs. Durations are milliseconds; `jitter` is a share of the interval, 0 to 1. */
export type Schedule = EverySchedule | CronSchedule;

export interface EverySchedule {
  readonly kind: 'every';
  readonly everyMs: number;
  readonly jitter?: number | null;
  /** Interval while the monitor is failing, so that the length of an outage is true. */
  readonly whileFailingMs?: number | null;
}

export interface CronSchedule {
  readonly kind: 'cron';
  /** Five fields, or six with seconds first; already validated. */
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
  readonly jitter?: number | null;
  readonly whileFailingMs?: number | null;
}
