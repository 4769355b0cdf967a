import { expect, test } from '@jest/globals';
import type { Incident } from '../../../../control/resources.ts';
import { ownTroubles } from './own-trouble.ts';

const incident = (id: string, service: string, environment: string, triggered_at: string) =>
  ({ id, service, environment, triggered_at }) as Incident;

test('what the watcher says of itself stands above every page, the oldest first', () => {
  const found = ownTroubles([
    incident('relay', 'ringdown', 'watcher', '2026-11-23T03:10:00Z'),
    incident('theirs', 'ringdown', 'production', '2026-11-23T03:00:00Z'),
    incident('shop', 'shop', 'watcher', '2026-11-23T03:00:00Z'),
    incident('storage', 'ringdown', 'watcher', '2026-11-23T03:05:00Z'),
  ]);
  expect(found.map(({ id }) => id)).toEqual(['storage', 'relay']);
});
