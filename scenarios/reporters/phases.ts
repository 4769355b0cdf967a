import type { StepResult } from '../run-result.ts';

export type Phase = 'dns' | 'connect' | 'tls' | 'first_byte' | 'download' | 'own';

export const PHASE_WORDS: Record<Phase, string> = {
  dns: 'DNS',
  connect: 'connecting',
  tls: 'TLS',
  first_byte: 'waiting',
  download: 'receiving',
  own: 'outside the exchange',
};

/**
 * The phases of a step one after the other, milliseconds. What no phase explains (queue, assertions, waits) is `own`: last,
 * but first under `repeat`, where the timings are those of the last try.
 */
export function phasesOf(step: Pick<StepResult, 'duration_ms' | 'timings' | 'tries'>): { phase: Phase; ms: number }[] {
  const { timings } = step;
  const known: [Phase, number | null][] = timings
    ? [
        ['dns', timings.dns_ms],
        ['connect', timings.connect_ms],
        ['tls', timings.tls_ms],
        ['first_byte', timings.first_byte_ms],
        ['download', timings.download_ms],
      ]
    : [];
  const phases: { phase: Phase; ms: number }[] = [];
  let left = step.duration_ms;
  for (const [phase, ms] of known) {
    const length = Math.min(ms ?? 0, left);
    if (length <= 0) continue;
    phases.push({ phase, ms: length });
    left -= length;
  }
  if (left <= 0) return phases;
  const own = { phase: 'own' as const, ms: left };
  return step.tries > 1 ? [own, ...phases] : [...phases, own];
}
