import type { Clock } from '../../core/clock.ts';
import type { ScenarioFunctions } from '../../scenarios/engine/functions/load-functions.ts';
import { createRunner } from '../../scenarios/engine/runner.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import { parseScenario } from '../../scenarios/language/parse.ts';
import { memoryFiles } from '../../scenarios/language/source-files.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import type { SecretProvider } from '../../scenarios/secrets/create-secret-provider.ts';
import { type Bundle, type Job, type JobReport, MOST_RESULT_BYTES } from '../../scenarios/workers/protocol.ts';
import { userAgent, version } from '../version.ts';
import { type ControlTargets, mayBeOurNetwork } from '../watchdog/control-targets.ts';

export interface JobRunnerDeps {
  clock: Clock;
  secrets: SecretProvider;
  functions: ScenarioFunctions;
  controlTargets: ControlTargets;
  /** Undefined where the watcher could not be asked. */
  bundle(id: string, abort: AbortSignal): Promise<Bundle | undefined>;
}

const SCENARIOS_KEPT = 2_000;

/** Makes the runs that the watcher asks for. What keeps it from making one is told as a refusal and never as a failure. */
export class JobRunner {
  readonly #deps: JobRunnerDeps;
  /** Parsed ones by the id of their bundle, the least recently used first. */
  readonly #scenarios = new Map<string, Scenario | { refused: string }>();

  constructor(deps: JobRunnerDeps) {
    this.#deps = deps;
  }

  /** Undefined: the watcher is away, so nobody waits for an answer. Never rejects. */
  async run(job: Job, abort: AbortSignal): Promise<{ report: JobReport; bytes: number } | undefined> {
    const { lease } = job;
    const refuse = (refused: string) => ({ report: { lease, refused: refused.slice(0, 2_000) }, bytes: 200 });
    const scenario = await this.#scenario(job.bundle, abort);
    if (!scenario) return undefined;
    if ('refused' in scenario) return refuse(scenario.refused);
    const { values: secrets, problems } = await this.#deps.secrets.values(scenario.secrets, abort);
    if (problems.length > 0) return refuse(problems.map(({ message }) => message).join('; '));
    const { clock, functions } = this.#deps;
    const runner = createRunner({
      clock,
      userAgent,
      functions,
      allowedOrigins: [new URL(job.environment.base_url).origin, ...job.allowed_targets],
    });
    const { environment } = job;
    const scheduledAt = Date.parse(job.scheduled_at);
    const run = await this.#excuse(await runner.run({ scenario, environment, secrets, scheduledAt, abort }));
    if (run.failure) this.#deps.secrets.suspect(scenario.secrets);
    // A run that was cut short because this worker ends has said nothing.
    if (run.status === 'skipped') return refuse('the worker was ended');
    const sent = bounded(run);
    return sent
      ? { report: { lease, run: sent.run, ended_ms_ago: 0 }, bytes: sent.bytes }
      : refuse('the result is larger than can be sent');
  }

  async #scenario(id: string, abort: AbortSignal): Promise<Scenario | { refused: string } | undefined> {
    const known = this.#scenarios.get(id);
    if (known) {
      this.#scenarios.delete(id);
      this.#scenarios.set(id, known);
      return known;
    }
    const bundle = await this.#deps.bundle(id, abort);
    if (!bundle) return undefined;
    const parsed = this.#parse(bundle);
    this.#scenarios.set(id, parsed);
    if (this.#scenarios.size > SCENARIOS_KEPT) this.#scenarios.delete(this.#scenarios.keys().next().value!);
    return parsed;
  }

  #parse({ file, text, files }: Bundle): Scenario | { refused: string } {
    const contents = Object.fromEntries(
      Object.entries(files).map(([path, content]) => [path, Buffer.from(content, 'base64')]),
    );
    const { scenario, diagnostics } = parseScenario(text, file, {
      files: memoryFiles(file, contents),
      functions: this.#deps.functions.names,
    });
    if (scenario) return scenario;
    const [first] = diagnostics;
    return { refused: `Ringdown ${version} there cannot read it: ${first?.file}:${first?.line}: ${first?.message}` };
  }

  async #excuse(run: RunResult): Promise<RunResult> {
    if (!run.failure || !mayBeOurNetwork(run.failure) || !(await this.#deps.controlTargets.offline())) return run;
    return { ...run, watcher_fault: 'the worker is offline: no control target answers' };
  }
}

/** As it can be sent: whole, or without bodies. Undefined where even that is too large. */
function bounded(run: RunResult): { run: RunResult; bytes: number } | undefined {
  for (const candidate of [() => run, () => withoutBodies(run)]) {
    const tried = candidate();
    const bytes = Buffer.byteLength(JSON.stringify(tried));
    if (bytes <= MOST_RESULT_BYTES) return { run: tried, bytes };
  }
  return undefined;
}

function withoutBodies(run: RunResult): RunResult {
  const slim = (steps: RunResult['steps']) =>
    steps.map((step) => ({
      ...step,
      shortened: true,
      request: step.request && { ...step.request, body: null },
      response: step.response && { ...step.response, body: null },
      captures: {},
    }));
  return {
    ...run,
    steps: slim(run.steps),
    attempts: run.attempts.map((attempt) => ({ ...attempt, steps: slim(attempt.steps) })),
  };
}
