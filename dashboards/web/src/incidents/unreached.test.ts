import { expect, test } from '@jest/globals';
import type { DeliveryRecord } from '../../../../control/resources.ts';
import { unreached } from './unreached.ts';

const delivery = (channel: string, status: DeliveryRecord['status'], last_error: string | null) =>
  ({ channel, event: 'incident.triggered', status, last_error }) as DeliveryRecord;

test('that nobody was reached is said once a channel has refused, and no longer when one has taken it', () => {
  const pages = [delivery('push', 'pending', 'connect ECONNREFUSED'), delivery('mail', 'failed', '550 unavailable')];
  const found = { channels: ['push', 'mail'], error: '550 unavailable' };
  expect(unreached({ state: 'triggered', deliveries: pages })).toEqual(found);
  expect(unreached({ state: 'triggered', deliveries: [...pages, delivery('hook', 'accepted', null)] })).toBeNull();
  expect(unreached({ state: 'acknowledged', deliveries: pages })).toBeNull();
  expect(unreached({ state: 'triggered', deliveries: [delivery('push', 'pending', null)] })).toBeNull();
});
