import { escapedValue } from '../../core/prometheus-names.ts';

/** A string of PromQL, as Prometheus writes it back. */
export function quoted(value: string): string {
  return `"${escapedValue(value)}"`;
}

/** For a regular expression (RE2) that Prometheus anchors by itself. */
export function literal(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

const LENGTHS: readonly (readonly [unit: string, ms: number, whole: boolean])[] = [
  ['y', 31_536_000_000, true],
  ['w', 604_800_000, true],
  ['d', 86_400_000, false],
  ['h', 3_600_000, false],
  ['m', 60_000, false],
  ['s', 1_000, false],
  ['ms', 1, false],
];

/** A duration as Prometheus writes it back: `1h5m`; years and weeks only where nothing is left over. */
export function duration(ms: number): string {
  let rest = Math.max(1, Math.round(ms));
  let text = '';
  for (const [unit, size, whole] of LENGTHS) {
    if (rest < size || (whole && rest % size !== 0)) continue;
    text += `${Math.floor(rest / size)}${unit}`;
    rest %= size;
  }
  return text;
}
