import { expect, test } from '@jest/globals';
import { phasesOf } from './phases.ts';

const timings = {
  dns_ms: 1,
  connect_ms: null,
  tls_ms: 0,
  first_byte_ms: 5,
  download_ms: 2,
  total_ms: 8,
  connection_reused: false,
};

test('phases that happened, in their order; what they do not explain comes last', () => {
  expect(phasesOf({ duration_ms: 10, timings, tries: 1 })).toEqual([
    { phase: 'dns', ms: 1 },
    { phase: 'first_byte', ms: 5 },
    { phase: 'download', ms: 2 },
    { phase: 'own', ms: 2 },
  ]);
});

test('under repeat they are those of the last try, so the tries before come first', () => {
  const phases = phasesOf({ duration_ms: 100, timings, tries: 3 });
  expect(phases.map(({ phase }) => phase)).toEqual(['own', 'dns', 'first_byte', 'download']);
  expect(phases[0]).toEqual({ phase: 'own', ms: 92 });
});

test('phases never last longer than their step, and a step without timings is one stretch', () => {
  expect(phasesOf({ duration_ms: 4, timings, tries: 1 })).toEqual([
    { phase: 'dns', ms: 1 },
    { phase: 'first_byte', ms: 3 },
  ]);
  expect(phasesOf({ duration_ms: 4, timings: null, tries: 1 })).toEqual([{ phase: 'own', ms: 4 }]);
  expect(phasesOf({ duration_ms: 0, timings: null, tries: 0 })).toEqual([]);
});
