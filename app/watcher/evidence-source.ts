import type { EvidencePatch } from '../../alerts/engine/answer.ts';
import type { Incident } from '../../alerts/incident.ts';
import type { EvidenceSource } from '../../alerts/incidents/evidence.ts';
import type { ShownSeries } from '../../alerts/rules/rule.ts';
import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import type { Reader } from '../../monitoring/reader.ts';
import { gatherEvidence, NO_EVIDENCE } from './evidence.ts';
import { gatherRuleEvidence, type RuleEvidence } from './rule-evidence.ts';

/** Telemetry of a request arrives within tens of milliseconds, or with the next batch of whoever sends it. */
const FIRST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 1_000;
/** The page leaves after 300 ms: so long it is asked again without growing pauses. */
const ASKED_EAGERLY_MS = 300;

/**
 * Asks the telemetry store about the failing request, or about what a rule counts, until it knows the server's error, or the desk's time is over.
 * @param spanOf the failing step's CLIENT span in a run that the desk was told of
 */
export function telemetryEvidence(deps: {
  clock: Clock;
  reader: Reader;
  spanOf(runId: string): string | undefined;
  /** What the instance of a rule that fires counts or measures; null where its records tell nothing. */
  seriesOf(monitor: string): ShownSeries | null;
  /** The store cannot be asked at the moment; told once for each incident. */
  onTrouble(error: Error): void;
}): EvidenceSource {
  async function gatherOfRule(series: ShownSeries, deliver: (patch: EvidencePatch) => void, abort: AbortSignal) {
    let troubleTold = false;
    for (let pause = FIRST_PAUSE_MS; !abort.aborted; pause = Math.min(pause * 4, LONGEST_PAUSE_MS)) {
      const found: RuleEvidence = await gatherRuleEvidence(deps.reader, deps.clock, series, abort).catch((error) => {
        if (!troubleTold && !abort.aborted) deps.onTrouble(toError(error));
        troubleTold = true;
        return 'not_yet';
      });
      if (typeof found === 'object') deliver(found.patch);
      if (found !== 'not_yet') return;
      await deps.clock.timer(pause, abort).catch(() => {});
    }
  }

  return {
    async gather(incident: Incident, deliver, abort) {
      if (incident.source === 'rule') {
        const series = deps.seriesOf(incident.cause.monitor);
        if (series) await gatherOfRule(series, deliver, abort);
        return;
      }
      const spanId = deps.spanOf(incident.cause.run_id);
      const { route, trace_id: traceId } = incident.cause;
      if (!spanId || route === null || traceId === null) return;
      const request = { service: incident.service, traceId, spanId };
      let trafficTold = false;
      let troubleTold = false;
      let errorTold = false;
      const tellError = (words: string) => {
        if (!errorTold) deliver({ server_error: words });
        errorTold = true;
      };
      const begunAt = deps.clock.monotonic();
      for (let pause = FIRST_PAUSE_MS; !abort.aborted; ) {
        const { serverError, realTraffic } = await gatherEvidence(
          deps.reader,
          deps.clock,
          request,
          abort,
          tellError,
        ).catch((error) => {
          // The relay may be restarting; it has ten seconds to come back.
          if (!troubleTold && !abort.aborted) deps.onTrouble(toError(error));
          troubleTold = true;
          return NO_EVIDENCE;
        });
        if (realTraffic && !trafficTold) {
          trafficTold = true;
          deliver({ real_traffic: realTraffic });
        }
        if (serverError !== null) return;
        await deps.clock.timer(pause, abort).catch(() => {});
        if (deps.clock.monotonic() - begunAt >= ASKED_EAGERLY_MS) pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    },
  };
}
