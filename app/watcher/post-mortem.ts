import type { AlertStore } from '../../alerts/alert-store.ts';
import type { FailingRun } from '../../alerts/engine/state.ts';
import { exportMarkdown, type RunEvidence } from '../../alerts/incidents/post-mortem.ts';
import type { RunResult, StepResult } from '../../scenarios/run-result.ts';
import type { RunStore } from '../../scenarios/run-store.ts';

/** More steps than these are not told one by one: the run says them all. */
const MOST_STEPS = 50;

interface PostMortemDeps {
  store: Pick<AlertStore, 'find'>;
  runs: Pick<RunStore, 'find'>;
  now(): number;
}

/**
 * The post-incident document with the evidence of the first failing run, and of the one that its cause speaks of where
 * that is another; null when there is no such incident.
 */
export async function writePostMortem(id: string, { store, runs, now }: PostMortemDeps): Promise<string | null> {
  const history = await store.find(id);
  if (!history) return null;
  const { source, cause } = history.incident;
  const evidenceOf = async (named: FailingRun | null) => {
    const run = named && (await runs.find(named.id));
    return run && runEvidence(run, named.url);
  };
  const spokenOf = source === 'run' ? { id: cause.run_id, url: cause.run_url } : null;
  const first = await evidenceOf(history.first_run);
  const latest = history.first_run?.id === spokenOf?.id ? null : await evidenceOf(spokenOf);
  return exportMarkdown(history, { first, latest, now: now() });
}

/** Without bodies and headers: the document goes to people who may not see what customers sent. */
function runEvidence(run: RunResult, url: string | null): RunEvidence {
  const failing = run.steps.findIndex(({ status }) => status === 'failed' || status === 'error');
  // The failing one is what the document is about, however many came before it.
  const from = Math.max(0, Math.min(failing + 1, run.steps.length) - MOST_STEPS);
  return {
    id: run.id,
    url,
    started_at: new Date(run.started_at).toISOString(),
    steps: run.steps.slice(from, from + MOST_STEPS).map((step) => ({
      name: step.row === null ? step.name : `${step.name} (row ${step.row})`,
      status: step.status,
      duration_ms: step.status === 'skipped' ? null : step.duration_ms,
      detail: detailOf(step),
    })),
    excerpts: [],
  };
}

function detailOf({ request, response, assertions, error, skipped_reason }: StepResult): string | null {
  const exchange =
    request && `${request.method} ${request.route}${response?.status ? ` answered ${response.status}` : ''}`;
  const failed = assertions.filter(({ passed }) => !passed).map(({ message }) => message);
  const words = [exchange, ...failed, error && `${error.code}: ${error.message}`, skipped_reason];
  return words.filter(Boolean).join('; ') || null;
}
