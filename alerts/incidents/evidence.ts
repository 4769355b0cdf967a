import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import type { EvidencePatch } from '../engine/answer.ts';
import type { Incident } from '../incident.ts';

/** A page waits this long for evidence, and no longer. */
export const PAGE_WAITS_MS = 300;
/** What telemetry adds within this time is attached to the incident. */
export const EVIDENCE_ENDS_MS = 10_000;

/** Asks telemetry about an incident; implemented by the app. */
export interface EvidenceSource {
  /**
   * Hands over each piece as it comes. Resolves when there is nothing more to come.
   * @param abort fires when the time for evidence is over
   */
  gather(incident: Incident, deliver: (patch: EvidencePatch) => void, abort: AbortSignal): Promise<void>;
}

/**
 * Starts gathering.
 * @param deliver hears every piece and whether it came before the page left
 * @returns when the page need not wait any longer: everything came, or its time is over
 */
export function gatherEvidence(
  clock: Clock,
  source: EvidenceSource,
  incident: Incident,
  deliver: (patch: EvidencePatch, inTime: boolean) => void,
  onError: (error: Error) => void,
): Promise<void> {
  const over = new AbortController();
  let inTime = true;
  const gathering = Promise.resolve()
    .then(() =>
      source.gather(
        incident,
        (patch) => {
          if (!over.signal.aborted) deliver(patch, inTime);
        },
        over.signal,
      ),
    )
    .catch((error) => {
      if (!over.signal.aborted) onError(toError(error));
    });
  const finished = new AbortController();
  void clock.timer(EVIDENCE_ENDS_MS, finished.signal).then(
    () => over.abort(new Error('the time for evidence is over')),
    () => undefined, // everything came
  );
  void gathering.then(() => finished.abort(new Error('everything came')));
  const waited = clock.timer(PAGE_WAITS_MS, finished.signal).catch(() => undefined);
  return Promise.race([gathering, waited]).then(() => {
    inTime = false;
  });
}
