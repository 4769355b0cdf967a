import type { VendorCall, VendorReply } from './vendor-server.ts';

const MINUTE_MS = 60_000;

export interface PagerEvent {
  /** Monotonic milliseconds of this process. */
  atMs: number;
  event_action: 'trigger' | 'acknowledge' | 'resolve';
  dedup_key: string;
  severity: string | null;
  component: string | null;
}

/** What arrived at a stand-in for PagerDuty's Events API v2. */
export interface PagerLog {
  /** Events that were accepted, in the order of their arrival. */
  readonly accepted: PagerEvent[];
  /** Events that came though the minute was full; each was refused with 429. */
  violations: number;
  /** The most that were accepted within any sixty seconds. */
  mostInAMinute: number;
}

/**
 * Takes so many events in any sixty seconds and refuses the rest with 429, as PagerDuty does for an integration key:
 * https://developer.pagerduty.com/docs/events-api-v2-rate-limits
 */
export function pagerDutyPeer(log: PagerLog, perMinute: number): (call: VendorCall) => VendorReply {
  let oldest = 0;
  return ({ body }) => {
    const atMs = performance.now();
    const event = JSON.parse(body) as {
      event_action: PagerEvent['event_action'];
      dedup_key?: string;
      payload?: { severity: string; component?: string };
    };
    if (!event.dedup_key || event.dedup_key.length > 255) {
      return { status: 400, body: JSON.stringify({ status: 'invalid event' }) };
    }
    while (oldest < log.accepted.length && atMs - log.accepted[oldest]!.atMs >= MINUTE_MS) oldest++;
    if (log.accepted.length - oldest >= perMinute) {
      log.violations++;
      return { status: 429, headers: { 'retry-after': '1' }, body: JSON.stringify({ status: 'throttle exceeded' }) };
    }
    const { event_action, dedup_key, payload } = event;
    const { severity = null, component = null } = payload ?? {};
    log.accepted.push({ atMs, event_action, dedup_key, severity, component });
    log.mostInAMinute = Math.max(log.mostInAMinute, log.accepted.length - oldest);
    return { status: 202, body: JSON.stringify({ status: 'success', dedup_key }) };
  };
}
