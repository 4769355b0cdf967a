import type { PastTelemetry } from '../../../alerts/simulation/fill-in.ts';
import { parseDuration } from '../../../core/units.ts';
import type { Answers, Question, Reader, TimeRange } from '../../../monitoring/reader.ts';
import type { PlugInEntry } from '../../config/load.ts';
import { askWatcher } from '../../control-client.ts';
import type { DataDirectory } from '../../data-directory.ts';
import { askTelemetry } from '../../watcher/signals/telemetry-signals.ts';

/** Of a backend that does not say for how long it keeps anything: what the embedded store does. */
const USUAL_RETENTION_MS = 7 * 86_400_000;

/**
 * Telemetry of the past, asked of the watcher that runs on this directory: its relay alone may open the store.
 * @param backends of the config; none of them is believed to keep more than the one that keeps least
 * @param now wall-clock milliseconds
 */
export function pastTelemetry(directory: DataDirectory, backends: readonly PlugInEntry[], now: number): PastTelemetry {
  const reader: Reader = {
    async ask<Q extends Question>(question: Q, { from, to }: TimeRange) {
      const body = JSON.stringify({ question, from: Math.round(from), to: Math.round(to) });
      const path = '/api/v1/telemetry/questions';
      return (await askWatcher<{ answer: Answers[Q['ask']] }>(directory, path, { method: 'POST', body })).answer;
    },
  };
  const kept = backends.flatMap(({ retention }) => (typeof retention === 'string' ? [parseDuration(retention)] : []));
  const retention = kept.length === 0 ? USUAL_RETENTION_MS : Math.min(...kept.map((ms) => ms ?? USUAL_RETENTION_MS));
  return {
    ask: (question, at) => askTelemetry(reader, question, at, new AbortController().signal),
    oldest: now - retention,
  };
}
