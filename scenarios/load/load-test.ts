import { lookup } from 'node:dns/promises';
import type { Clock } from '../../core/clock.ts';
import { EXIT, RingdownError } from '../../core/errors.ts';
import { Redactor } from '../engine/evidence/redactor.ts';
import { systemEntropy, uuidV7 } from '../engine/ids.ts';
import type { Scenario } from '../language/model.ts';
import type { K6Binary } from './k6-binary.ts';
import { type Progress, runK6 } from './k6-process.ts';
import type { K6Script } from './k6-script.ts';
import { loadReport } from './k6-summary.ts';
import { type LoadRun, loadRun } from './load-run.ts';
import { refusedRanges } from './refused-ranges.ts';

export interface LoadTest {
  readonly scenario: Scenario;
  readonly environment: { readonly name: string; readonly baseUrl: string };
  /** `scheme://host:port` of further targets that may be loopback or private. */
  readonly allowedTargets?: readonly string[];
  /** Made by `k6Script`. */
  readonly script: K6Script;
  /** Of those that the scenario declares; they go to k6 as environment variables. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly k6: K6Binary;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly onProgress: (progress: Progress) => void;
  readonly abort: AbortSignal;
}

/**
 * Runs a scenario's script with k6 and tells what it came to.
 * @throws RingdownError (internal) where k6 could not run the script
 */
export async function loadTest(test: LoadTest): Promise<LoadRun> {
  const { scenario, environment, k6, clock, abort } = test;
  const started = clock.now();
  const outcome = await runK6({
    k6: k6.path,
    script: test.script.script,
    files: test.script.files,
    variables: {
      ...test.secrets,
      ...test.script.variables,
      BASE_URL: environment.baseUrl,
      ENVIRONMENT: environment.name,
    },
    env: test.env,
    flags: (await refused(test)).flatMap((range) => ['--blacklist-ip', range]),
    clock,
    onProgress: test.onProgress,
    abort,
  });
  const redactor = new Redactor(Object.values(test.secrets));
  const messages = outcome.messages.map((message) => redactor.text(message));
  if (!outcome.summary) {
    if (abort.aborted)
      throw new RingdownError('INTERRUPTED', 'it was stopped before k6 had begun', { exitCode: EXIT.failed });
    throw new RingdownError(
      'K6_FAILED',
      `k6 ended with code ${outcome.code}: ${messages.join('; ') || 'it said nothing'}`,
      {
        hint: 'look at the script: ringdown export k6 FILE',
      },
    );
  }
  const report = loadReport(scenario, outcome.summary, { tool: k6.version, stopped: abort.aborted, messages });
  return loadRun(scenario, environment.name, report, {
    id: uuidV7(started, systemEntropy),
    startedAt: new Date(started).toISOString(),
  });
}

/** A name that is not found leaves its addresses refused; k6 says so of each request. */
async function refused({ environment, allowedTargets = [] }: LoadTest): Promise<string[]> {
  const hosts = [environment.baseUrl, ...allowedTargets].flatMap((target) => URL.parse(target)?.hostname ?? []);
  const found = await Promise.allSettled(hosts.map((host) => lookup(host.replace(/^\[|\]$/g, ''), { all: true })));
  return refusedRanges(
    found.flatMap((one) => (one.status === 'fulfilled' ? one.value.map(({ address }) => address) : [])),
  );
}
