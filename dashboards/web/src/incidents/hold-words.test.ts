import { expect, test } from '@jest/globals';
import { holdReason, sourceWords } from './hold-words.ts';

const hold = (stage: Parameters<typeof holdReason>[0]['stage'], reason: string) =>
  holdReason({ stage, reason, until: null });

test('the reason of a hold leaves the time out, which is shown in the zone of the reader', () => {
  expect(hold('silence', 'silenced by kim until 14:00 UTC: deploying')).toBe('by kim: deploying');
  expect(hold('silence', 'silenced by kim until 2026-11-24 14:00 UTC')).toBe('by kim');
  expect(hold('silence', 'silenced by kim until 14:00 UTC: waits until 15:00 UTC')).toBe(
    'by kim: waits until 15:00 UTC',
  );
  expect(hold('maintenance', 'maintenance "db until dawn" until 14:00 UTC')).toBe('"db until dawn"');
  expect(hold('quiet_hours', 'quiet hours of P3 until 08:00 Asia/Seoul')).toBe('of P3');
  expect(hold('inhibit', 'inhibited by: billing, live: does not answer')).toBe('billing, live: does not answer');
  expect(hold('dependency', 'db@local fails, which it depends on')).toBe('db@local fails, which it depends on');
});

test('what opened an incident is told where it was no scenario', () => {
  expect(sourceWords({ source: 'run', labels: {} })).toBe(null);
  expect(sourceWords({ source: 'rule', labels: { rule: 'slow-posts' } })).toBe('rule slow-posts');
  expect(sourceWords({ source: 'inbound', labels: { source: 'alertmanager' } })).toBe('alert of alertmanager');
});
