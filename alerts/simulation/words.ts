import type { Given } from './policy-test.ts';

/** `1h 5m`, `30s`, `2.5s`: as files write durations. */
export function shortDuration(ms: number): string {
  if (ms < 0) return `-${shortDuration(-ms)}`;
  if (ms === 0) return '0s';
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const parts: string[] = [];
  let rest = Math.round(ms);
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const) {
    if (rest >= size) parts.push(`${Math.floor(rest / size)}${unit}`);
    rest %= size;
  }
  if (rest > 0) parts.push(`${rest / 1_000}s`);
  return parts.join('');
}

/** What was given, in one line. */
export function describeGiven(given: Given): string {
  switch (given.kind) {
    case 'run': {
      const { monitor, status, failure } = given.run;
      return `run ${monitor} ${status}${failure ? `: ${failure.message}` : ''}`;
    }
    case 'recorded':
      return `run of ${given.monitor}`;
    case 'alert':
      return `${given.alert.source} says ${given.alert.title} is ${given.alert.state}`;
    case 'answer':
      return `${given.by} ${{ acknowledge: 'acknowledges', resolve: 'resolves', escalate: 'escalates' }[given.action]}`;
    case 'silence':
      return `${given.by} silences ${matcherText(given.matchers)} for ${shortDuration(given.for_ms)}`;
    case 'maintenance':
      return `${given.name} of ${matcherText(given.matchers)} for ${shortDuration(given.for_ms)}`;
    case 'channel':
      return `channel ${given.name} fails for ${shortDuration(given.fails_ms)} (${given.how})`;
    case 'database':
      return `the database fails for ${shortDuration(given.fails_ms)}`;
    case 'restart':
      return given.down_ms > 0 ? `the watcher is down for ${shortDuration(given.down_ms)}` : 'the watcher is restarted';
    case 'clock':
      return `the clock is set by ${shortDuration(given.step_ms)}`;
    case 'heartbeat':
      return `heartbeat ${given.name}${given.failed ? ' reports a failure' : ''}`;
    case 'certificate':
      return `the certificate of ${given.target} expires in ${shortDuration(given.expires_in_ms)}`;
    case 'backend':
      return `backend ${given.name} lags ${shortDuration(given.lag_ms)}, ${given.lost} lost`;
    case 'signals':
      return `signals cannot be read for ${shortDuration(given.fails_ms)}`;
  }
}

function matcherText(matchers: readonly { label: string; is: string; value: string }[]): string {
  return matchers.map(({ label, is, value }) => `${label}${is}${value}`).join(', ');
}
