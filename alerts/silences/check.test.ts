import { describe, expect, test } from '@jest/globals';
import { checkDocument, readDocument } from '../../core/document/index.ts';
import { readSilence, readWindow } from './check.ts';
import { readMaintenance } from './config.ts';
import { MaintenanceWindowsSchema, type WrittenSilence, type WrittenWindow, type WrittenWindows } from './schema.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const billing = { label: 'service', value: 'billing' };

describe('a new silence', () => {
  test.each<[string, Partial<WrittenSilence>, string]>([
    ['without an end', {}, 'a silence needs either ends_at or duration'],
    [
      'with two ends',
      { ends_at: '2026-11-23T13:00:00Z', duration: '1h' },
      'a silence needs either ends_at or duration',
    ],
    ['for too long', { duration: '31d' }, 'must not last longer than 30 days, this is 31 d'],
    ['that is over', { starts_at: '2026-11-23T09:00:00Z', duration: '1h' }, 'a silence must end in the future'],
    [
      'that ends before it begins',
      { starts_at: '2026-11-23T19:00:00Z', ends_at: '2026-11-23T18:00:00Z' },
      'the end must be after the start',
    ],
    ['at a time that does not exist', { ends_at: '2026-13-23T13:00:00Z' }, 'there is no such time'],
    ['in ten years', { starts_at: '2036-11-23T13:00:00Z', duration: '1h' }, 'a silence must begin within a year'],
    [
      'of everything',
      { duration: '1h', matchers: [{ label: 'service', is: '!=', value: 'x' }] },
      'this would silence everything: every matcher also matches a label that is not there',
    ],
    [
      'with a pattern that is none',
      { duration: '1h', matchers: [{ label: 'service', is: '=~', value: '(' }] },
      'not a pattern in RE2 syntax: missing closing ): `(`',
    ],
  ])('%s is refused', (_name, patch, message) => {
    const { silence, problems } = readSilence({ matchers: [billing], ...patch }, NOW);
    expect(silence).toBeNull();
    expect(problems.map((problem) => problem.message)).toEqual([message]);
  });

  test('begins now and lasts as long as it says', () => {
    expect(readSilence({ matchers: [billing], duration: '90m', reason: 'deploying' }, NOW).silence).toEqual({
      matchers: [{ label: 'service', is: '=', value: 'billing' }],
      starts_at: '2026-11-23T12:00:00.000Z',
      ends_at: '2026-11-23T13:30:00.000Z',
      reason: 'deploying',
    });
    const local = readSilence({ matchers: [billing], ends_at: '2026-11-24T09:00:00+09:00' }, NOW).silence;
    expect(local?.ends_at).toBe('2026-11-24T00:00:00.000Z');
  });
});

describe('a new maintenance window', () => {
  const weekly = { cron: '0 2 * * sun', timezone: 'Asia/Seoul', duration: '2h' };

  test.each<[string, WrittenWindow['schedule'], string]>([
    ['a cron expression', { ...weekly, cron: 'every day' }, '"every day" is no cron expression'],
    ['six fields', { ...weekly, cron: '0 0 2 * * *' }, '"0 0 2 * * *" is no cron expression'],
    ['a time zone', { ...weekly, timezone: 'Mars/Olympus' }, 'unknown time zone "Mars/Olympus"'],
    ['a duration', { ...weekly, duration: '8d' }, 'must be more than nothing and at most 7 days'],
    ['no duration', { ...weekly, duration: '0s' }, 'must be more than nothing and at most 7 days'],
    [
      'a span',
      { starts_at: '2026-11-23T02:00:00Z', ends_at: '2027-11-23T02:00:00Z' },
      'must not last longer than 30 days, this is 365 d',
    ],
  ])('is refused for want of %s', (_name, schedule, message) => {
    const { problems } = readWindow({ name: 'Upgrade', matchers: [billing], schedule });
    expect(problems.map((problem) => problem.message)).toEqual([message]);
  });

  test('is read', () => {
    expect(readWindow({ name: 'Upgrade', matchers: [billing], schedule: weekly }).window?.schedule).toEqual({
      cron: '0 2 * * sun',
      timezone: 'Asia/Seoul',
      duration_ms: 7_200_000,
    });
  });
});

test('in the config what is wrong is told at its place', () => {
  const doc = readDocument(
    `maintenance_windows:
  - id: upgrade
    matchers: [{ label: service, value: billing }]
    schedule: { cron: "0 2 * * sun", timezone: Asia/Seol, duration: 2h }
  - id: upgrade
    matchers: [{ label: service, is: "=~", value: ".*" }]
    schedule: { starts_at: "2026-11-23T02:00:00Z", ends_at: "2026-11-23T04:00:00Z" }
  - id: lunch
    matchers: [{ label: service, value: billing }]
    schedule: { starts_at: "2026-11-23T02:00:00Z", ends_at: "2026-11-23T04:00:00Z" }
`,
    'ringdown.yaml',
  );
  const { maintenance_windows: written } = doc.value as { maintenance_windows: WrittenWindows };
  expect(checkDocument({ ...doc, value: written } as never, MaintenanceWindowsSchema)).toEqual([]);
  const { windows, diagnostics } = readMaintenance(doc, written, ['maintenance_windows']);
  expect(diagnostics.map(({ line, column, message }) => `${line}:${column}: ${message}`)).toEqual([
    '4:48: unknown time zone "Asia/Seol"',
    '5:9: "upgrade" is there twice',
    '6:15: this would silence everything: every matcher also matches a label that is not there',
  ]);
  expect(windows).toMatchObject([{ id: 'lunch', name: 'lunch', source: 'config' }]);
});
