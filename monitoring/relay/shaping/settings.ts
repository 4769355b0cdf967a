import type { BackendSettings, Signal } from '../../exporter.ts';
import { FIRST_SEVERITY, LEVELS } from '../../otlp/severity.ts';
import { refuseIfWrong } from '../../refuse-settings.ts';
import { SIGNALS } from '../counts.ts';

/** `filter` of a backend's settings. */
export interface Filter {
  signals: readonly Signal[];
  /** Share of traces that is kept. */
  sample: number;
  /** Least severity of a log, as OpenTelemetry numbers it. */
  minSeverity: number;
  excludeRoutes: readonly string[];
  excludeMetrics: readonly string[];
}

const KEYS = ['signals', 'sample', 'min_level', 'exclude_routes', 'exclude_metrics'];

/**
 * Reads `filter` and `redact`.
 * @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once
 */
export function readShaping({ name, filter, redact }: BackendSettings): { filter?: Filter; redact?: string[] } {
  const wrong: string[] = [];
  const refuse = (key: string, value: unknown, like: string) => {
    wrong.push(`${key}: ${JSON.stringify(value)} is not ${like}`);
  };
  const names = (key: string, value: unknown): string[] => {
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '')) return value;
    refuse(key, value, 'a list of names');
    return [];
  };
  const redacted = names('redact', redact);
  const read = filter === undefined ? undefined : readFilter(filter as Record<string, unknown>, refuse, names);
  for (const key of Object.keys(filter ?? {})) if (!KEYS.includes(key)) wrong.push(`unknown key "${key}" in filter`);
  refuseIfWrong('backend', name, wrong);
  return { ...(read ? { filter: read } : {}), ...(redacted.length > 0 ? { redact: redacted } : {}) };
}

function readFilter(
  given: Record<string, unknown>,
  refuse: (key: string, value: unknown, like: string) => void,
  names: (key: string, value: unknown) => string[],
): Filter {
  const { signals = SIGNALS, sample = 1, min_level = 'trace' } = given;
  const known = (signal: unknown) => SIGNALS.includes(signal as Signal);
  if (!Array.isArray(signals) || signals.length === 0 || !signals.every(known)) {
    refuse('filter.signals', signals, `a list of ${SIGNALS.join(', ')}`);
  }
  if (typeof sample !== 'number' || !(sample >= 0 && sample <= 1)) refuse('filter.sample', sample, 'between 0 and 1');
  const level = LEVELS.find((level) => level === min_level);
  if (level === undefined) refuse('filter.min_level', min_level, `one of ${LEVELS.join(', ')}`);
  return {
    signals: signals as Signal[],
    sample: sample as number,
    minSeverity: FIRST_SEVERITY[level ?? 'trace'],
    excludeRoutes: names('filter.exclude_routes', given.exclude_routes),
    excludeMetrics: names('filter.exclude_metrics', given.exclude_metrics),
  };
}
