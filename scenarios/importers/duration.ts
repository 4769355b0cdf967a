/** Milliseconds as a scenario writes them: `1h30m`, `250ms`. At least one second when `whole`. */
export function durationText(ms: number, whole = false): string {
  const rounded = Math.max(whole ? 1_000 : 1, Math.round(ms));
  if (rounded < 1_000 || rounded % 1_000 !== 0) return `${rounded}ms`;
  const seconds = rounded / 1_000;
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${rest > 0 || seconds === 0 ? `${rest}s` : ''}`;
}

/** A duration as programs in Go write it: `1h30m`, `1.5s`, `250ms`. @returns milliseconds; undefined when it is none */
export function goDuration(text: string): number | undefined {
  if (!/^([0-9.]+(ms|us|µs|ns|s|m|h))+$/.test(text.trim())) return undefined;
  const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  return [...text.matchAll(/([0-9.]+)(ms|us|µs|ns|s|m|h)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * units[unit!]!,
    0,
  );
}
