import { networkInterfaces } from 'node:os';
import type { Clock, Instant } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import type { Connection, Scenario } from '../language/model.ts';
import { compileValue, type Generators, type Scope, type Template } from '../language/template.ts';
import type { Attempt, RunResult, StepResult } from '../run-result.ts';
import { assertionKind } from './assertions/registry.ts';
import { type AttemptContext, runAttempt, timestamp } from './attempt.ts';
import { mergeConnections } from './connection.ts';
import { Deadlines } from './deadline.ts';
import { RunEvidence } from './evidence/run-evidence.ts';
import { type Lookup, systemNames } from './http/connector.ts';
import { HttpSession } from './http/http-session.ts';
import { createUrlPolicy } from './http/url-policy.ts';
import { traceId, uuidV7 } from './ids.ts';
import { RunResources } from './run-resources.ts';
import type { Judge } from './step-context.ts';
import { waitOr } from './wait.ts';

export interface RunnerOptions {
  clock: Clock;
  /** `ringdown/<version>`. */
  userAgent: string;
  /** Origins of all environments' base_url: the only loopback and private targets that may be asked. */
  allowedOrigins: readonly string[];
  /** Uniform in [0, 1), for generators in templates of runs without a seed. */
  random?: () => number;
  /** What `$call` may call; see loadFunctions. */
  functions?: Scope['functions'];
  lookup?: Lookup;
  /** The assertion kinds, unless given. */
  judge?: Judge;
  /** Of a response body, before and after decoding. */
  bodyLimitBytes?: number;
  /** Whether this machine has a network besides loopback. */
  online?: () => boolean;
}

export interface RunRequest {
  scenario: Scenario;
  environment: {
    name: string;
    base_url: string;
    /** Stand over the scenario's variables of the same name; templates in them are filled in. Others are of no use. */
    variables?: Readonly<Record<string, unknown>>;
    /** The scenario's own stands over it. */
    connection?: Connection | null;
  };
  /** Texts that stand over the variables of scenario and environment; templates in them mean nothing. */
  overrides?: Readonly<Record<string, string>>;
  /** Stands over the scenario's own; null: the scenario's. */
  seed?: number | null;
  /** By name; the scenario sees those that it declares, all of them are redacted. */
  secrets: Readonly<Record<string, string>>;
  /** When the schedule wanted the run; null for a run by hand. */
  scheduledAt: Instant | null;
  /** Stops the run: it ends soon, as `skipped`. */
  abort: AbortSignal;
  /** Told as each step ends, in every attempt. Nothing that could need redaction is in it. */
  onStep?(step: Pick<StepResult, 'name' | 'row' | 'status'>): void;
}

export interface Runner {
  /** Never rejects: errors are results. */
  run(request: RunRequest): Promise<RunResult>;
}

const BODY_LIMIT_BYTES = 10 * 2 ** 20;
const judgeByKind: Judge = (kind, spec, exchange) => assertionKind(kind)!.evaluate(spec, exchange);

/** Failures that a machine without a network brings on itself. */
const OFFLINE_CODES = new Set(['DNS_FAILED', 'UNREACHABLE']);

/** Runs scenarios: attempts with retry, one trace per run, connections of its own per run. */
export function createRunner(options: RunnerOptions): Runner {
  const {
    clock,
    random = Math.random,
    lookup = systemNames,
    judge = judgeByKind,
    online = hasNetwork,
    functions = null,
    bodyLimitBytes = BODY_LIMIT_BYTES,
  } = options;
  const policy = createUrlPolicy(options.allowedOrigins);
  const deadlines = new Deadlines(clock);
  const generators: Generators = { now: () => clock.now(), random };

  async function attempts(request: RunRequest, trace: string, evidence: RunEvidence, done: Attempt[]): Promise<void> {
    const { scenario, environment, secrets, overrides = {}, seed = null, abort, onStep } = request;
    const session = new HttpSession({ clock, policy, lookup, bodyLimitBytes });
    const resources = new RunResources();
    const context: AttemptContext = {
      clock,
      deadlines,
      session,
      resources,
      policy,
      lookup,
      bodyLimitBytes,
      evidence,
      scenario,
      generators,
      functions,
      judge,
      environment: environment.name,
      seed: seed ?? scenario.seed,
      connection: mergeConnections(environment.connection ?? null, scenario.connection),
      variables: { ...compiled(environment.variables), ...constants(overrides) },
      secrets: declared(scenario, secrets),
      baseUrl: environment.base_url,
      userAgent: options.userAgent,
      traceId: trace,
      ...(onStep ? { onStep } : {}),
    };
    try {
      for (let number = 1; number <= scenario.retry.times + 1; number++) {
        if (number > 1) {
          await waitOr(clock, scenario.retry.delayMs, abort);
          session.clearCookies();
        }
        if (abort.aborted) return;
        const attempt = await runAttempt(number, context, abort);
        done.push(attempt);
        if (attempt.status === 'passed') return;
      }
    } finally {
      resources.close();
      await session.close();
    }
  }

  return {
    async run(request) {
      const { scenario, environment, abort } = request;
      const evidence = new RunEvidence(Object.values(request.secrets));
      const startedAt = clock.now();
      const start = clock.monotonic();
      const trace = traceId();
      const done: Attempt[] = [];
      let fault: string | null = null;
      try {
        await attempts(request, trace, evidence, done);
      } catch (thrown) {
        fault = `the runner failed: ${toError(thrown).message}`;
      }

      const last = done.at(-1);
      if (last && last.status !== 'passed' && ranOffline(last, environment.base_url, online)) {
        fault ??= `this machine has no network: ${last.failure?.message}`;
      }
      const stopped = abort.aborted && last?.status !== 'passed';
      const started = timestamp(clock, startedAt);
      const result: RunResult = {
        id: uuidV7(startedAt),
        monitor: `${scenario.id}@${environment.name}`,
        scenario: scenario.id,
        name: scenario.name,
        service: scenario.service,
        environment: environment.name,
        owner: scenario.owner,
        runbook: scenario.runbook,
        tags: [...scenario.tags],
        status: stopped ? 'skipped' : fault !== null ? 'error' : (last?.status ?? 'error'),
        degraded: last?.status === 'passed' && fault === null && (done.length > 1 || hasWarnings(last)),
        scheduled_at: request.scheduledAt === null ? started : timestamp(clock, request.scheduledAt),
        started_at: started,
        duration_ms: clock.monotonic() - start,
        trace_id: trace,
        attempts: done,
        steps: last?.steps ?? [],
        failure: stopped ? null : (last?.failure ?? null),
        watcher_fault: fault,
      };
      try {
        return evidence.finish(result);
      } catch (thrown) {
        // Nothing that could not be redacted may leave.
        const watcher_fault = `the evidence could not be redacted: ${toError(thrown).name}`;
        return { ...result, status: 'error', degraded: false, attempts: [], steps: [], failure: null, watcher_fault };
      }
    },
  };
}

/** Only the secrets that the scenario declares, own properties alone. */
function declared(scenario: Scenario, secrets: Readonly<Record<string, string>>): Record<string, string> {
  const visible: Record<string, string> = {};
  for (const name of scenario.secrets) if (Object.hasOwn(secrets, name)) visible[name] = secrets[name]!;
  return visible;
}

/** What is no template after all stays the text that it is. */
function compiled(values: Readonly<Record<string, unknown>> = {}): Record<string, Template> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      let broken = false;
      const template = compileValue(value, 'none', () => {
        broken = true;
      });
      return [name, broken ? { kind: 'constant', value } : template];
    }),
  );
}

function constants(values: Readonly<Record<string, string>>): Record<string, Template> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { kind: 'constant', value }]));
}

function hasWarnings(attempt: Attempt): boolean {
  return attempt.steps.some((step) => step.warnings.some(({ passed }) => !passed));
}

function ranOffline(attempt: Attempt, baseUrl: string, online: () => boolean): boolean {
  const failing = attempt.steps.find((step) => step.error !== null);
  if (!failing?.error || !OFFLINE_CODES.has(failing.error.code)) return false;
  return !isLoopback(baseUrl) && !online();
}

function isLoopback(baseUrl: string): boolean {
  const host = URL.parse(baseUrl)?.hostname ?? '';
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}

function hasNetwork(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((address) => !address.internal));
}
