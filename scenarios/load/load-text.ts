import pc from 'picocolors';
import { columns } from '../../core/document/index.ts';
import { formatDuration } from '../../core/units.ts';
import { printable } from '../reporters/printable.ts';
import type { Progress } from './k6-process.ts';
import type { LoadReport, LoadStep } from './load-report.ts';
import type { LoadRun } from './load-run.ts';

type Colours = ReturnType<typeof pc.createColors>;

/** How a load test is going, on one line. */
export function progressLine({ elapsedMs, vus, iterations, ratePerS, failedShare, p95Ms, dropped }: Progress): string {
  return [
    formatDuration(elapsedMs),
    `${vus} VUs`,
    `${iterations} iterations`,
    `${ratePerS.toFixed(1)}/s`,
    `failed ${failedShare === null ? '–' : share(failedShare)}`,
    `p95 ${p95Ms === null ? '–' : milliseconds(p95Ms)}`,
    ...(dropped > 0 ? [`${dropped} not started`] : []),
  ].join(' · ');
}

/** What a load test came to, for a terminal. */
export function loadText(run: LoadRun, colour: boolean): string {
  const paint = pc.createColors(colour);
  const { load } = run;
  const mark =
    run.status === 'passed'
      ? paint.green('✓ passed')
      : run.status === 'failed'
        ? paint.red('✗ failed')
        : paint.yellow('– stopped');
  const lines = [
    `${mark} ${paint.bold(printable(run.name))} ${paint.dim(`${run.scenario}@${run.environment}, ${load.tool}`)}`,
    `  ${totals(load)}`,
    '',
    ...table(load.steps, paint),
    ...checkLines(load.steps, paint),
    ...thresholdLines(load, paint),
    ...(load.iterations.dropped > 0
      ? [
          paint.yellow(
            `  ${load.iterations.dropped} iterations were not started: all virtual users were busy, so the load was less than asked for`,
          ),
        ]
      : []),
    ...(load.stopped ? [paint.yellow('  it was stopped before its end; the figures are those until then')] : []),
    ...(load.messages.length > 0
      ? ['', '  said on the way:', ...load.messages.map((text) => `    ${printable(text)}`)]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function totals({ iterations, requests, duration_ms: durationMs, vus_max: vus }: LoadReport): string {
  const failed = iterations.count === 0 ? 0 : iterations.failed / iterations.count;
  return [
    `${iterations.count} iterations in ${formatDuration(durationMs)} (${iterations.rate_per_s.toFixed(1)}/s)`,
    `failed ${share(failed)}`,
    `${requests.count} requests (${requests.rate_per_s.toFixed(1)}/s)`,
    ...(requests.unanswered > 0 ? [`${requests.unanswered} without an answer`] : []),
    `${vus} VUs at most`,
  ].join(' · ');
}

const COLUMNS = ['step', 'ran', 'failed', 'requests', 'p50', 'p95', 'p99'] as const;

function table(steps: readonly LoadStep[], paint: Colours): string[] {
  const rows = steps.map(({ name, runs, failed, requests, duration }) => [
    printable(name),
    String(runs),
    failed === 0 ? '0' : `${failed} (${share(failed / runs)})`,
    String(requests),
    ...(['p50_ms', 'p95_ms', 'p99_ms'] as const).map((figure) => (duration ? milliseconds(duration[figure]) : '–')),
  ]);
  const widths = COLUMNS.map((title, index) => Math.max(...[title, ...rows.map((row) => row[index]!)].map(columns)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const space = ' '.repeat(widths[index]! - columns(cell));
        return index === 0 ? cell + space : space + cell;
      })
      .join('  ');
  return [
    `  ${paint.dim(line(COLUMNS))}`,
    ...rows.map((row, index) => `  ${steps[index]!.failed > 0 ? paint.red(line(row)) : line(row)}`),
  ];
}

/** Only checks that did not always hold: the others would hide them. */
function checkLines(steps: readonly LoadStep[], paint: Colours): string[] {
  const broken = steps.flatMap((step) =>
    step.checks
      .filter(({ failed }) => failed > 0)
      .map(({ name, passed, failed }) => {
        const mark = name.startsWith('warning: ') ? paint.yellow('!') : paint.red('✗');
        return `  ${mark} ${printable(step.name)}: ${printable(name)} ${paint.dim(`${failed} of ${passed + failed} did not hold`)}`;
      }),
  );
  return broken.length > 0 ? ['', ...broken] : [];
}

function thresholdLines({ thresholds }: LoadReport, paint: Colours): string[] {
  if (thresholds.length === 0) return [];
  return [
    '',
    ...thresholds.map(({ metric, expected, actual, crossed }) =>
      crossed
        ? `  ${paint.red('✗')} ${metric} ${expected}: ${paint.red(actual)}`
        : `  ${paint.green('✓')} ${metric} ${expected}: ${actual}`,
    ),
  ];
}

function share(part: number): string {
  return `${Math.round(part * 10_000) / 100}%`;
}

function milliseconds(ms: number): string {
  return ms < 10 ? `${Math.round(ms * 100) / 100} ms` : formatDuration(ms);
}
