import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failed, passed, unreachable } from '../testing/observations.ts';
import { World } from '../testing/timeline.ts';

const OUTCOMES = { passed, failed, unreachable };

const step = fc.record({
  monitor: fc.constantFrom('a@local', 'b@local'),
  outcome: fc.constantFrom(...(Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[])),
  waitMs: fc.integer({ min: 0, max: 20_000 }),
  fault: fc.constantFrom(
    'none',
    'none',
    'none',
    'restart',
    'disk full',
    'disk hangs',
    'disk works',
    'pager down',
    'pager up',
  ),
});

test('through restarts, a failing disk and a channel that comes and goes: every failure is told, under one key', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const world = new World([], ['pager']);
      const pager = world.channel('pager');
      await world.desk.start();
      for (const { monitor, outcome, waitMs, fault } of steps) {
        if (fault === 'restart') await world.restart();
        if (fault === 'disk full') world.store.mode = 'rejects';
        if (fault === 'disk hangs') world.store.mode = 'hangs';
        if (fault === 'disk works') world.store.recover();
        if (fault === 'pager down') pager.answer = () => ({ status: 'retryable', error: new Error('status 503') });
        if (fault === 'pager up') pager.answer = () => ({ status: 'accepted' });
        await world.run(monitor, OUTCOMES[outcome]);
        await world.clock.advance(waitMs);
      }
      world.store.recover();
      pager.answer = () => ({ status: 'accepted' });
      await world.run('a@local', failed);
      await world.clock.advance(300_000);

      const open = world.desk.openIncidents().find(({ monitors }) => monitors.includes('a@local'));
      expect(open).toBeDefined();
      const told = pager.accepted.filter(({ incident }) => incident.id === open!.id);
      expect(told.length).toBeGreaterThan(0);
      for (const [, same] of Map.groupBy(pager.tried, ({ incident }) => incident.id)) {
        expect(new Set(same.map(({ dedup_key }) => dedup_key)).size).toBe(1);
      }
      // What is on disk is what the desk knows.
      expect(world.store.state.incidents.get(open!.id)?.incident.state).toBe('triggered');
      expect([...world.store.deliveries.values()].filter(({ status }) => status === 'pending')).toEqual([]);
    }),
    { numRuns: 80, seed: 7 },
  );
});
