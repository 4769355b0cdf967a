import { matchesAll } from '../../silences/matching.ts';
import type { Matcher, Silence } from '../../silences/silence.ts';
import { type HoldingStage, shownUntil } from './stage.ts';

export const silence: HoldingStage = {
  name: 'silence',
  timed: true,
  passes: 'no silence matches its labels',
  hold(row, draft) {
    let longest: Silence | undefined;
    for (const candidate of draft.silences()) {
      if (!stands(candidate, draft.now) || !concerns(candidate.matchers, row.incident.labels, draft.waitingFor(row)))
        continue;
      if (!longest || candidate.ends_at > longest.ends_at) longest = candidate;
    }
    if (!longest) return null;
    const reason = longest.reason === '' ? '' : `: ${longest.reason}`;
    const until = shownUntil(Date.parse(longest.ends_at), draft.now);
    return { reason: `silenced by ${longest.created_by} until ${until}${reason}`, until: longest.ends_at };
  },
};

/**
 * Whether the matchers match an incident: where they speak of monitors, with every one that it waits for.
 * @param waitingFor its monitors that are not well yet; read only where it matters
 */
export function concerns(
  matchers: readonly Matcher[],
  labels: Readonly<Record<string, string>>,
  waitingFor: Iterable<{ key: string }>,
): boolean {
  if (matchers.every(({ label }) => label !== 'monitor')) return matchesAll(matchers, labels);
  for (const { key } of waitingFor) {
    if (!matchesAll(matchers, { ...labels, monitor: key })) return false;
  }
  return true;
}

/** One that began when it was made stands, though the clock was set back to before. */
export function stands({ starts_at, ends_at, created_at }: Silence, now: number): boolean {
  const begun = starts_at <= created_at || Date.parse(starts_at) <= now;
  return begun && now < Date.parse(ends_at);
}
