import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createReporters, readReporterChoice } from './create-reporters.ts';
import { reporters } from './registry.ts';
import { failedRun, passedRun } from './testing/sample-runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringdown-reporters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const terminal = () => {
  const written: string[] = [];
  return { written, write: (text: string) => void written.push(text), interactive: false, colour: false, columns: 80 };
};

describe('--reporter', () => {
  test('is a name, or a name and a file', () => {
    expect(readReporterChoice('console')).toEqual({ name: 'console', output: null });
    expect(readReporterChoice('junit=out/report=1.xml')).toEqual({ name: 'junit', output: 'out/report=1.xml' });
  });

  test.each([
    ['junt', 'there is no reporter "junt"', 'did you mean "junit"?'],
    ['junit=', '"junit=" names no file', 'junit=FILE, or junit alone for the terminal'],
  ])('%s is refused', (text, message, hint) => {
    expect(() => readReporterChoice(text)).toThrow(expect.objectContaining({ message, hint, exitCode: 2 }));
  });
});

describe('several reporters at once', () => {
  test('one speaks to the terminal as runs end, the others fill their files, folders made for them', () => {
    const out = terminal();
    const junit = join(folder, 'a/b/report.xml');
    const json = join(folder, 'runs.json');
    const set = createReporters(
      [
        { name: 'console', output: null },
        { name: 'junit', output: junit },
        { name: 'json', output: json },
      ],
      out,
      2,
    );
    set.runStarted({ monitor: failedRun.monitor, name: failedRun.name });
    set.stepFinished({ monitor: failedRun.monitor, name: 'sign in', row: null, status: 'passed' });
    set.runFinished(failedRun);
    const before = out.written.join('');
    set.runFinished(passedRun);
    set.finish();
    expect(before).toContain(failedRun.monitor);
    expect(out.written.join('')).toContain('1 failed');
    expect(readFileSync(junit, 'utf8')).toContain('<testsuites');
    expect(JSON.parse(readFileSync(json, 'utf8')).runs).toEqual([failedRun, passedRun]);
  });

  test('a terminal without a size counts as one of 80 columns', () => {
    const [sized, unsized] = [80, 0].map((columns) => {
      const out = { ...terminal(), columns };
      createReporters([{ name: 'console', output: null }], out).runFinished(failedRun);
      return out.written;
    });
    expect(unsized).toEqual(sized);
  });

  test('two that want the same place are refused', () => {
    const twice = (output: string | null) => [
      { name: 'junit', output },
      { name: 'json', output },
    ];
    expect(() => createReporters(twice(null), terminal())).toThrow('two reporters would write to the terminal');
    const [junit, json] = [join(folder, 'x'), join(folder, '../', basename(folder), 'x')];
    const same = [
      { name: 'junit', output: junit },
      { name: 'json', output: json },
    ];
    expect(() => createReporters(same, terminal())).toThrow(`two reporters would write to ${junit}`);
  });

  test('a file that cannot be written is told before anything runs', () => {
    expect(() => createReporters([{ name: 'junit', output: folder }], terminal())).toThrow(
      expect.objectContaining({ code: 'OUTPUT', exitCode: 2 }),
    );
  });
});

describe.each([...reporters])('the reporter %s', (name, kind) => {
  const report = (live: boolean) => {
    const reporter = kind.create({ colour: false, live, width: 80, runs: 2 });
    const parts = [failedRun, passedRun].map(
      (run) =>
        (reporter.runStarted?.({ monitor: run.monitor, name: run.name }) ?? '') +
        run.steps
          .map((step) =>
            reporter.stepFinished?.({ monitor: run.monitor, name: step.name, row: null, status: step.status }),
          )
          .join('') +
        (reporter.runFinished?.(run) ?? ''),
    );
    return parts.join('') + (reporter.finish?.() ?? '');
  };

  test('is named as its folder and says what it is', () => {
    expect(kind.name).toBe(name);
    expect(kind.summary).toMatch(/^[a-z].+[^.]$/i);
  });

  test('tells each run, what failed and why, and ends with a line break', () => {
    // Markdown and HTML write some letters as character references.
    const text = report(false).replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
    expect(text).toContain(failedRun.monitor);
    expect(text).toContain(passedRun.monitor);
    expect(text).toContain(failedRun.failure!.message);
    expect(text.endsWith('\n')).toBe(true);
  });

  test('reports alike twice', () => {
    expect(report(false)).toBe(report(false));
  });

  test('without runs it still says so', () => {
    expect(kind.create({ colour: false }).finish?.()).toMatch(/0|no/);
  });

  test('steers no terminal and breaks no line of its own format where a service answers with control characters', () => {
    const reporter = kind.create({ colour: false });
    const hostile = structuredClone(failedRun);
    hostile.name = 'a\u001b[2Jb\u202e';
    hostile.failure!.message = '\u001b]0;owned\u0007<script>alert(1)</script>\r\n# heading | `x`';
    hostile.steps[1]!.assertions[0]!.message = hostile.failure!.message;
    const text = (reporter.runFinished?.(hostile) ?? '') + (reporter.finish?.() ?? '');
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });
});
