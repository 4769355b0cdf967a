import { expect, test } from '@jest/globals';
import type { InboundAlert } from './inbound.ts';
import { SourceMemory, type Word } from './source-memory.ts';

function word(key: string, state: 'firing' | 'resolved', receivedAt = 0): Word {
  const at = new Date(receivedAt).toISOString();
  const alert: InboundAlert = {
    key,
    state,
    title: key,
    text: null,
    severity: null,
    service: null,
    environment: null,
    labels: {},
    url: null,
    runbook: null,
    at,
  };
  return { alert, at, receivedAt, heard: 0 };
}

test('a source may have 50,000 firing alerts; more are refused until some end, and none is forgotten', () => {
  const memory = new SourceMemory(null);
  const say = (...args: Parameters<typeof word>) => memory.hear(word(...args), { complete: true }).outcome;
  for (let index = 0; index < 50_000; index++) expect(say(`k${index}`, 'firing')).toBe('accepted');
  expect(say('one more', 'firing')).toBe('too_many');
  expect(say('k0', 'firing')).toBe('repeated');
  expect(say('k0', 'resolved', 1)).toBe('accepted');
  expect(say('one more', 'firing')).toBe('accepted');
  expect(say('k49999', 'resolved', 1)).toBe('accepted');
});

test('ends are remembered in a bounded number, the oldest go first', () => {
  const memory = new SourceMemory(null);
  for (let index = 0; index <= 20_000; index++) memory.hear(word(`k${index}`, 'resolved'), { complete: true });
  expect(memory.hear(word('k20000', 'resolved'), { complete: true }).outcome).toBe('repeated');
  expect(memory.hear(word('k0', 'resolved'), { complete: true }).outcome).toBe('unknown');
});
