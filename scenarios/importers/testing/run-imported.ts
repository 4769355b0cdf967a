import { systemClock } from '../../../core/clock.ts';
import { createRunner } from '../../engine/runner.ts';
import { parseScenario } from '../../language/parse.ts';
import { memoryFiles } from '../../language/source-files.ts';
import type { RunResult } from '../../run-result.ts';
import type { ImportedFiles } from '../import-document.ts';

/**
 * Runs what was imported, as the files stand.
 * @param beside files that the scenarios name
 * @param allowed origins besides the base URL
 */
export async function runImported(
  { scenarios, companions, secrets }: ImportedFiles,
  baseUrl: string,
  beside: Readonly<Record<string, string>> = {},
  options: { allowed?: readonly string[]; random?: () => number; change?: (text: string) => string } = {},
): Promise<RunResult[]> {
  const files = { ...beside, ...Object.fromEntries(companions.map(({ name, text }) => [name, text])) };
  const runner = createRunner({
    clock: systemClock,
    userAgent: 'ringdown/test',
    allowedOrigins: [new URL(baseUrl).origin, ...(options.allowed ?? [])],
    ...(options.random ? { random: options.random } : {}),
  });
  const results: RunResult[] = [];
  for (const { text, file } of scenarios) {
    const { scenario, diagnostics } = parseScenario(options.change?.(text) ?? text, file, {
      files: memoryFiles(file, files),
    });
    if (!scenario) throw new Error(`${file}: ${diagnostics[0]?.message}`);
    results.push(
      await runner.run({
        scenario,
        environment: { name: 'test', base_url: baseUrl },
        secrets: Object.fromEntries(secrets.map((name) => [name, `value-of-${name}`])),
        scheduledAt: null,
        abort: new AbortController().signal,
      }),
    );
  }
  return results;
}

/** Every step that did not pass, in words. */
export function failures(results: readonly RunResult[]): string[] {
  return results.flatMap(({ monitor, attempts }) => [
    ...(attempts.at(-1)?.steps ?? [])
      .filter(({ status }) => status !== 'passed')
      .map((step) => {
        const why = [
          step.error?.message,
          ...step.assertions.filter(({ passed }) => !passed).map(({ message }) => message),
        ]
          .filter(Boolean)
          .join('; ');
        return `${monitor}: ${step.name}: ${step.status}: ${why}`;
      }),
  ]);
}
