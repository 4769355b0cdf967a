import { expect, test } from '@jest/globals';
import * as scraped from '../../monitoring/backends/prometheus/names.ts';
import { duration, familyName, labelName } from './names.ts';

test('names are those that Ringdown’s scrape page shows', () => {
  for (const name of [
    'http.server.request.duration',
    'queue depth',
    '9lives',
    'a..b',
    'orders_total',
    'cpu.utilization',
    'x:y',
  ]) {
    expect(labelName(name)).toBe(scraped.labelName(name));
    for (const unit of ['s', 'ms', 'By', '1', '%', '{request}', '', 'min'])
      for (const type of ['counter', 'gauge', 'histogram'] as const)
        expect(familyName(name, unit, type)).toBe(scraped.familyName(name, unit, type));
  }
  expect(labelName('le')).toBe(scraped.labelName('le'));
});

test.each([
  [500, '500ms'],
  [90_000, '1m30s'],
  [3_900_000, '1h5m'],
  [86_400_000, '1d'],
  [7 * 86_400_000, '1w'],
  [8 * 86_400_000, '8d'],
  [25 * 3_600_000, '1d1h'],
])('%d ms are written as Prometheus writes them: %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
