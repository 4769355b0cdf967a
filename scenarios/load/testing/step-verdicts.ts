import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '../../run-result.ts';
import type { K6Script } from '../k6-script.ts';
import { stepTag } from '../step-tag.ts';

/** How a step ended, and each of its assertions; the row of data in front of the name. */
export type Verdicts = Record<string, { passed: boolean; checks: boolean[] }>;

/** What the engine says of each step that ran. */
export function engineVerdicts(run: RunResult): Verdicts {
  const verdicts: Verdicts = {};
  for (const step of run.steps) {
    if (step.status === 'skipped') continue;
    const checks: { subject: string; passed: boolean }[] = [];
    for (const { kind, subject, passed } of step.assertions) {
      // One check judges a subject by all operators.
      const last = checks.at(-1);
      const about = `${kind} ${subject}`;
      if (kind === 'capture' || kind === 'repeat' || kind === 'auth') continue;
      if (last?.subject === about) last.passed &&= passed;
      else checks.push({ subject: about, passed });
    }
    const tag = stepTag(step.name);
    const key = step.row === null ? tag : `${step.row} ${tag}`;
    verdicts[key] = { passed: step.status === 'passed', checks: checks.map(({ passed }) => passed) };
  }
  return verdicts;
}

/** Runs a script with the real k6, and takes the same from the stream of its measurements. */
export async function k6Verdicts(
  k6: string,
  { script, files, variables: own }: K6Script,
  variables: Record<string, string>,
  rows: number | null,
): Promise<{ verdicts: Verdicts; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-agreement-'));
  try {
    const file = join(folder, 'script.js');
    const out = join(folder, 'out.json');
    writeFileSync(file, script);
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
    const output = await new Promise<string>((resolve) => {
      execFile(
        k6,
        ['run', '--address', '127.0.0.1:0', '--no-usage-report', '--no-color', '--quiet', '--out', `json=${out}`, file],
        { env: { PATH: process.env.PATH, HOME: folder, ...variables, ...own }, cwd: folder, timeout: 60_000 },
        (_error, stdout, stderr) => resolve(stdout + stderr),
      );
    });
    return { verdicts: read(readFileSync(out, 'utf8'), rows), output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Point {
  type: string;
  metric: string;
  data: { time: string; value: number; tags: Record<string, string> };
}

function read(lines: string, rows: number | null): Verdicts {
  const verdicts: Verdicts = {};
  let row = 1;
  let checks: boolean[] = [];
  const points = lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Point)
    .filter(({ type }) => type === 'Point')
    .sort((one, other) => nanoseconds(one.data.time) - nanoseconds(other.data.time));
  for (const { metric, data } of points) {
    const { step, check = '' } = data.tags;
    // The engine says nothing of errors that are not there.
    if (check === 'no errors in the answer' && data.value === 1) continue;
    if (metric === 'checks' && !check.startsWith('warning: ') && !/can be captured$/.test(check))
      checks.push(data.value === 1);
    if (metric === 'failed_steps') {
      verdicts[rows === null ? step! : `${row} ${step}`] = { passed: data.value === 0, checks };
      checks = [];
    }
    if (metric === 'failed_iterations') row++;
  }
  return verdicts;
}

/** Of the minute; one virtual user does one thing after the other, but what it measured is written in any order. */
function nanoseconds(time: string): number {
  const [, minute, second, fraction = ''] = /:(\d+):(\d+)(?:\.(\d+))?/.exec(time)!;
  return (Number(minute) * 60 + Number(second)) * 1e9 + Number(fraction.padEnd(9, '0'));
}
