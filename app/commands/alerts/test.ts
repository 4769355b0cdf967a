import { writeFileSync } from 'node:fs';
import pc from 'picocolors';
import { type Coverage, coverageOf } from '../../../alerts/simulation/coverage.ts';
import { isNoticed, type Mutant, mutantsOf } from '../../../alerts/simulation/mutate.ts';
import { type CaseResult, runCase } from '../../../alerts/simulation/run-tests.ts';
import { systemClock } from '../../../core/clock.ts';
import { EXIT, RingdownError } from '../../../core/errors.ts';
import { FileWatch } from '../../../scenarios/watch-files.ts';
import { InvalidFiles } from '../../invalid-files.ts';
import { count, printDiagnostics, terminal } from '../../terminal.ts';
import { junitOf } from './junit.ts';
import { type LoadedTests, loadTests } from './load-tests.ts';
import { caseLines, coverageLines, mutationLines, resultsJson } from './test-report.ts';

export interface TestOptions {
  /** Files, folders and patterns; none: the tests beside the config's policies. */
  files: string[];
  config: string | undefined;
  json: boolean;
  /** Where a JUnit report goes. */
  junit: string | undefined;
  /** Also tells which parts of the policies no case made fire. */
  coverage: boolean;
  /** Also changes each policy in one thing after the other, and tells which changes no case notices. */
  mutate: boolean;
  /** The timeline of every case, not of failing ones alone. */
  timelines: boolean;
  /** Again after every change of a file, until interrupted. */
  watch: boolean;
}

export interface TimedResult extends CaseResult {
  duration_ms: number;
}

export interface MutationReport {
  total: number;
  survivors: readonly Mutant[];
}

/** `ringdown alerts test [FILES]`. @returns 1 when a case failed; changes that no case notices fail nothing */
export async function testPolicies(options: TestOptions): Promise<number> {
  return options.watch ? testOnChange(options) : testOnce(options, await loadTests(options.files, options.config));
}

async function testOnce(options: TestOptions, loaded: LoadedTests): Promise<number> {
  const results: TimedResult[] = [];
  for (const tests of loaded.tests) {
    if (!options.json) terminal.out(pc.bold(tests.file));
    for (const test of tests.cases) {
      const began = performance.now();
      const result = { ...(await runCase(tests, test, loaded.subject)), duration_ms: performance.now() - began };
      results.push(result);
      if (!options.json) for (const line of caseLines(result, options.timelines)) terminal.out(line);
    }
  }
  const coverage = options.coverage ? coverageOfAll(results, loaded) : null;
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  // What fails already would notice every change.
  const mutation = options.mutate && failed === 0 ? await mutateAll(loaded) : null;
  if (options.junit !== undefined) write(options.junit, junitOf(results));
  if (options.json) terminal.out(JSON.stringify(resultsJson(results, coverage, mutation)));
  else {
    terminal.out('');
    if (coverage) for (const line of coverageLines(coverage)) terminal.out(line);
    if (mutation) for (const line of mutationLines(mutation)) terminal.out(line);
    else if (options.mutate) terminal.err('the policies are not changed while cases fail');
    const passed = `${results.length - failed} passed`;
    terminal.out(
      failed > 0 ? `${pc.red(`${failed} failed`)}, ${passed}` : pc.green(`${count(results.length, 'case')} passed`),
    );
  }
  return failed > 0 ? EXIT.failed : EXIT.success;
}

function coverageOfAll(results: readonly CaseResult[], { policies }: LoadedTests): Coverage[] {
  return coverageOf(
    policies.map(({ policy }) => policy),
    results.flatMap(({ simulation }) => [...simulation.fired]),
  );
}

async function mutateAll({ policies, tests, subject }: LoadedTests): Promise<MutationReport> {
  let total = 0;
  const survivors: Mutant[] = [];
  const names = subject.channels.map(({ name }) => name);
  for (const source of policies) {
    const own = tests.filter((file) => file.policies.includes(source.policy.id));
    const channels = [...new Set([...own.flatMap((file) => file.channels ?? []), ...names])];
    for (const mutant of mutantsOf(source, channels)) {
      total++;
      if (!(await isNoticed(mutant, own, subject))) survivors.push(mutant);
    }
  }
  return { total, survivors };
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new RingdownError('CANNOT_WRITE', `the report cannot be written to ${file}`, { exitCode: EXIT.usage, cause });
  }
}

/** Tests, waits for a change, and tests again. What is wrong in a file is printed and waits for a change, too. */
async function testOnChange(options: TestOptions): Promise<number> {
  const abort = new AbortController();
  const stop = () => abort.abort(new Error('interrupted'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const watch = new FileWatch(systemClock);
  let code: number = EXIT.success;
  let files: readonly string[] = [];
  try {
    for (;;) {
      try {
        const loaded = await loadTests(options.files, options.config);
        files = loaded.files;
        watch.set(files);
        code = await testOnce(options, loaded);
      } catch (error) {
        if (!(error instanceof InvalidFiles)) throw error;
        printDiagnostics(error.diagnostics, error.texts);
        files = [...new Set([...files, ...error.texts.keys()])];
        watch.set(files);
        code = error.exitCode;
      }
      terminal.err(`watching ${count(files.length, 'file')}; Ctrl-C ends`);
      const changed = await watch.next(abort.signal).catch(() => null);
      if (!changed) return code;
      terminal.err(`${changed.join(', ')} changed\n`);
    }
  } finally {
    watch.close();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
