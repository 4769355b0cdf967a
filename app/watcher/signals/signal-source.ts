import type { Heartbeats } from '../../../alerts/inbound/heartbeats.ts';
import type { SeriesQuestion, SignalAnswer, SignalQuestion, SignalSource } from '../../../alerts/rules/signal.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Reader } from '../../../monitoring/reader.ts';
import type { RunStore } from '../../../scenarios/run-store.ts';
import type { MonitorDefinition } from '../monitor-board.ts';
import { askCertificate } from './certificates.ts';
import type { LedgerSignals } from './ledger-signals.ts';
import { askTelemetry } from './telemetry-signals.ts';

export interface SignalSourceDeps {
  clock: Clock;
  reader: Reader;
  runs: Pick<RunStore, 'tally'>;
  monitors(): readonly MonitorDefinition[];
  heartbeats: Pick<Heartbeats, 'lastHeartbeat'>;
  ledger: LedgerSignals;
}

/** What rules ask, from wherever the watcher knows it. */
export function createSignalSource(deps: SignalSourceDeps): SignalSource {
  const { clock } = deps;

  async function answer(question: SignalQuestion, abort: AbortSignal): Promise<SignalAnswer> {
    switch (question.of) {
      case 'metric':
      case 'logs':
      case 'requests':
        return askTelemetry(deps.reader, question, clock.now(), abort);
      case 'runs':
        return askRuns(question);
      case 'certificate':
        return askCertificate(question.target, abort);
      case 'heartbeat': {
        const state = deps.heartbeats.lastHeartbeat(question.name);
        if (!state) throw new Error(`nothing is known of the heartbeat "${question.name}" yet`);
        return state;
      }
      case 'backend':
        return deps.ledger.of(question.name, question.window_ms);
    }
  }

  async function askRuns(question: Extract<SeriesQuestion, { of: 'runs' }>) {
    const { ids, tags, services, environments, status } = question;
    const any = (wanted: readonly string[], ...values: readonly string[]) =>
      wanted.length === 0 || values.some((value) => wanted.includes(value));
    const keys = deps
      .monitors()
      .filter(
        ({ scenario, environment }) =>
          any(ids, scenario.id) &&
          any(tags, ...scenario.tags) &&
          any(services, scenario.service) &&
          any(environments, environment.name),
      )
      .map(({ key }) => key);
    const to = clock.now() - question.offset_ms;
    const from = to - question.window_ms;
    const { passed, failed } = await deps.runs.tally(keys, new Date(from).toISOString(), new Date(to).toISOString());
    const value = status === 'passed' ? passed : status === 'failed' ? failed : passed + failed;
    return { unit: '1', groups: [{ labels: {}, value, samples: passed + failed }] };
  }

  return {
    ask: (question, abort) => answer(question, abort) as Promise<SignalAnswer<typeof question>>,
  };
}
