export type Signal = 'traces' | 'logs' | 'metrics';

/** In items: spans, log records, metric data points. recorded = exported + rejected + dropped + what is still pending. */
export interface SignalCounters {
  recorded: number;
  /** Acknowledged by the receiver. */
  exported: number;
  /** Refused by the receiver for good. */
  rejected: number;
  /** Left out here, because the memory limit was reached or the process ended. */
  dropped: number;
}

export type Counters = Record<Signal, SignalCounters>;

export function newCounters(): Counters {
  const zero = () => ({ recorded: 0, exported: 0, rejected: 0, dropped: 0 });
  return { traces: zero(), logs: zero(), metrics: zero() };
}
