import type { StepResult, Timings } from '../../../../control/resources.ts';

export type Phase = 'dns' | 'connect' | 'tls' | 'first_byte' | 'download' | 'own';

export const PHASES: { phase: Phase; label: string }[] = [
  { phase: 'dns', label: 'DNS' },
  { phase: 'connect', label: 'connect' },
  { phase: 'tls', label: 'TLS' },
  { phase: 'first_byte', label: 'waiting for first byte' },
  { phase: 'download', label: 'download' },
  { phase: 'own', label: 'outside the exchange' },
];

/** A stretch of time on a shared axis. `left` and `width` are percent of the axis. */
export interface Stretch {
  left: number;
  width: number;
}

export interface StepBar extends Stretch {
  segments: (Stretch & { phase: Phase; ms: number })[];
}

export interface Axis {
  total_ms: number;
  ticks: { at: number; ms: number }[];
}

/** The axis that holds every step: from the start of the attempt to the end of the step that ended last. */
export function axisOf(ends: number[]): Axis {
  const total = Math.max(0.001, ...ends.filter(Number.isFinite));
  const step = niceStep(total);
  const ticks = [];
  for (let ms = 0; ms <= total * 0.9; ms += step) ticks.push({ at: (ms / total) * 100, ms });
  return { total_ms: total, ticks };
}

/** 1, 2 or 5 times a power of ten, so that the axis has three to six marks. */
function niceStep(total: number): number {
  const raw = total / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= raw) ?? 10;
  return factor * power;
}

/**
 * Where a step and its phases lie. What the phases do not explain (queue, assertions) is its `own` time, at the end; under
 * `repeat` the phases are those of the last try, and what came before it is its own time, at the beginning.
 */
export function barOf(step: Pick<StepResult, 'offset_ms' | 'duration_ms' | 'timings' | 'tries'>, axis: Axis): StepBar {
  const percent = (ms: number) => (ms / axis.total_ms) * 100;
  const segments: StepBar['segments'] = [];
  let at = step.offset_ms;
  const end = step.offset_ms + step.duration_ms;
  const add = (phase: Phase, ms: number | null | undefined) => {
    const length = Math.min(ms ?? 0, end - at);
    // Less than a microsecond is the rounding of the others.
    if (length < 0.001) return;
    segments.push({ phase, ms: length, left: percent(at), width: percent(length) });
    at += length;
  };
  if (step.timings && step.tries > 1) add('own', step.duration_ms - exchangeMs(step.timings));
  if (step.timings) {
    add('dns', step.timings.dns_ms);
    add('connect', step.timings.connect_ms);
    add('tls', step.timings.tls_ms);
    add('first_byte', step.timings.first_byte_ms);
    add('download', step.timings.download_ms);
  }
  add('own', end - at);
  return { left: percent(step.offset_ms), width: percent(step.duration_ms), segments };
}

function exchangeMs({ dns_ms, connect_ms, tls_ms, first_byte_ms, download_ms }: Timings): number {
  return [dns_ms, connect_ms, tls_ms, first_byte_ms, download_ms].reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
}
