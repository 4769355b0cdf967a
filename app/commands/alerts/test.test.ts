import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { testPolicies } from './test.ts';

let folder: string;
let printed: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-alerts-test-'));
  printed = [];
  jest
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => Boolean(printed.push(stripVTControlCharacters(String(text)))));
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  write(
    'one.policy.yaml',
    `version: 1
id: one
priority: P1
rules:
  - { scenario: { tags: [critical] }, failing: { consecutive: 1 } }
escalation:
  - { after: 0s, notify: [pager] }
  - { after: 5m, notify: [team] }
`,
  );
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

const tests = (expected: string) => `policy: one
channels: [pager, team]
cases:
  - name: told <at once>
    given:
      - { at: 0s, run: { monitor: a@local, status: failed, tags: [critical] } }
    expect:
      - { at: 0s, notified: [pager] }
      - ${expected}
`;

const run = (options: Partial<Parameters<typeof testPolicies>[0]> = {}) =>
  testPolicies({
    files: [folder],
    config: undefined,
    json: false,
    junit: undefined,
    coverage: false,
    mutate: false,
    timelines: false,
    watch: false,
    ...options,
  });

test('a case that passes is one line, and the exit code 0', async () => {
  write('one.policy.test.yaml', tests('{ at: 5m, notified: [team] }'));
  expect(await run()).toBe(0);
  expect(printed.join('')).toMatch(/✓ told <at once> .*\d+ ms\n\n.*1 case passed/);
});

test('a case that fails shows both sides, and where they part; the exit code is 1', async () => {
  write('one.policy.test.yaml', tests('{ at: 4m, notified: [team] }'));
  const junit = join(folder, 'report.xml');
  expect(await run({ junit })).toBe(1);
  const text = printed.join('');
  expect(text).toContain('✗ told <at once>');
  expect(text).toContain(`${join(folder, 'one.policy.test.yaml')}:9: at 4m`);
  expect(text).toContain('but       nobody was told');
  expect(text).toMatch(/4m {2,}✗ notified: team {2}◀ first difference/);
  const xml = readFileSync(junit, 'utf8');
  expect(xml).toContain('<testsuites name="ringdown alerts" tests="1" failures="1" errors="0"');
  expect(xml).toContain('<testcase name="told &lt;at once&gt;"');
  expect(xml).toContain('<failure message="expected notified: team, but nobody was told" type="difference">');
});

test('coverage and mutations come with it as JSON', async () => {
  write('one.policy.test.yaml', tests('{ until: 4m, nothing_else: true }'));
  expect(await run({ json: true, coverage: true, mutate: true })).toBe(0);
  const told = JSON.parse(printed.join(''));
  expect(told).toMatchObject({
    passed: 1,
    failed: 0,
    cases: [{ name: 'told <at once>', passed: true, simulated_ms: 240_000, told: [{ channel: 'pager', at_ms: 0 }] }],
    coverage: [{ policy: 'one', total: 3, missed: ['step 2 (team)'] }],
  });
  const changes = told.mutation.survivors.map(({ change }: { change: string }) => change);
  expect(changes).toContain('escalation[1].after: 5m → 10m');
  expect(changes).not.toContain('escalation[0].notify[0]: pager → team');
  expect(told.mutation.total).toBeGreaterThan(changes.length);
});

test('what is wrong in a test or in its policy is told at its place, and the exit code is 2', async () => {
  write('one.policy.test.yaml', tests('{ at: 5m, notified: [pagr] }').replace('team]', 'call]'));
  await expect(run()).rejects.toMatchObject({
    exitCode: 2,
    diagnostics: [{ file: join(folder, 'one.policy.test.yaml'), line: 9, hint: 'did you mean "pager"?' }],
  });
  write('one.policy.test.yaml', tests('{ at: 5m, notified: [pager] }').replace('team]', 'call]'));
  await expect(run()).rejects.toMatchObject({
    diagnostics: [{ file: join(folder, 'one.policy.yaml'), line: 8, message: 'unknown channel "team"' }],
  });
});

test('a config that is wrong is told, and not that there are no tests', async () => {
  write('ringdown.yaml', 'version: 1\npolicies: ["*.policy.yaml"]\nmaintenance_windows: [{ name: A }]\n');
  const broken = run({ files: [], config: join(folder, 'ringdown.yaml') });
  await expect(broken).rejects.toMatchObject({ code: 'INVALID_FILES' });
});

test('a folder without tests is a mistake in the command', async () => {
  await expect(run()).rejects.toMatchObject({ code: 'NO_FILES', exitCode: 2 });
});
