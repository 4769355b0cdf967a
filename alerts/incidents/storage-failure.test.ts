import { describe, expect, test } from '@jest/globals';
import { failed, passed, unreachable } from '../testing/observations.ts';
import { at, expectNothingElse, expectNotified, restart, run, timeline, World } from '../testing/timeline.ts';

const JOURNEY = 'post-journey@local';
const world = () => new World([], ['pager']);

describe('when alert state cannot be written', () => {
  test('a database that hangs delays the page by two seconds, and what happened is written later', async () => {
    const played = await timeline(world(), [
      at('0s', ({ store }) => {
        store.mode = 'hangs';
      }),
      at('1s', run(JOURNEY, failed)),
      at('2s999ms', expectNothingElse()),
      at('3s', expectNotified('pager')),
      at('3s', ({ storageTrouble }) => expect(storageTrouble).toEqual(['the database did not answer within 2 s'])),
      at('10s', ({ store }) => store.recover()),
      at('11s', expectNothingElse()),
    ]);
    expect(played.storageTrouble.at(-1)).toBeNull();
    expect([...played.store.deliveries.values()]).toMatchObject([{ status: 'accepted', attempts: 1 }]);
    expect([...played.store.state.incidents.values()]).toMatchObject([{ incident: { state: 'triggered' } }]);
    expect([...played.store.events.values()].map(({ kind }) => kind)).toEqual(['triggered', 'notified']);
  });

  test('a full disk does not delay it at all, and every change is written once there is room', async () => {
    const played = await timeline(world(), [
      at('0s', ({ store }) => {
        store.mode = 'rejects';
      }),
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager: triggered')),
      at('5s', run('health@local', unreachable)),
      at('5s', expectNotified('pager: triggered', 'pager: resolved')),
      at('10s', run(JOURNEY, passed)),
      at('10s', run('health@local', passed)),
      at('10s', expectNotified('pager: resolved')),
      at('20s', ({ store }) => store.recover()),
      at('40s', expectNothingElse()),
    ]);
    expect([...played.store.state.incidents.values()].map(({ incident }) => incident.state)).toEqual([
      'resolved',
      'resolved',
    ]);
    expect([...played.store.deliveries.values()].every(({ status }) => status === 'accepted')).toBe(true);
    expect(new Set(played.channel('pager').tried.map(({ delivery_id }) => delivery_id)).size).toBe(4);
    expect(played.channel('pager').tried).toHaveLength(4);
  });

  test('the page that left from memory has the key that the database would have given', async () => {
    const keys = await Promise.all(
      (['works', 'rejects', 'hangs'] as const).map(async (mode) => {
        const played = world();
        const fault = at('0s', ({ store }) => {
          store.mode = mode;
        });
        await timeline(played, [fault, at('0s', run(JOURNEY, failed)), at('3s', () => undefined)]);
        return played.channel('pager').accepted.map(({ dedup_key }) => dedup_key);
      }),
    );
    expect(new Set(keys.flat()).size).toBe(1);
  });

  test('a lock of some seconds wakes nobody; a disk that stays full does, and says when it works again', async () => {
    await timeline(world(), [
      at('0s', ({ store }) => {
        store.mode = 'rejects';
      }),
      at('0s', run(JOURNEY, failed)),
      at('0s', expectNotified('pager')),
      at('29s', expectNothingElse()),
      at('30s', expectNotified('pager: triggered')),
      at('40s', ({ store }) => store.recover()),
      at('2m', expectNotified('pager: resolved')),
    ]);
  });

  test('killed between the commit and the page: it leaves at the next start, under the same key', async () => {
    const played = world();
    played.channel('pager').answer = () => new Promise(() => undefined);
    await timeline(played, [
      at('0s', run(JOURNEY, failed)),
      at('1s', (now) => {
        now.channel('pager').answer = () => ({ status: 'accepted' });
      }),
      at('1s', restart()),
      at('1s', expectNotified('pager')),
      at('1m', expectNothingElse()),
    ]);
    const tried = played.channel('pager').tried;
    expect(new Set(tried.map(({ dedup_key }) => dedup_key)).size).toBe(1);
    expect(new Set(tried.map(({ delivery_id }) => delivery_id)).size).toBe(1);
  });

  test('killed before anything was written: the next failing run rings', async () => {
    await timeline(world(), [
      at('0s', ({ store }) => {
        store.mode = 'hangs';
      }),
      at('0s', run(JOURNEY, failed)),
      at('1s', ({ store }) => {
        store.mode = 'works';
      }),
      at('1s', restart()),
      at('5s', run(JOURNEY, failed)),
      at('5s', expectNotified('pager')),
    ]);
  });

  test('a start without its database pages, and takes up what it knew when the database is back', async () => {
    const played = await timeline(world(), [
      at('0s', run(JOURNEY, failed)),
      at('0s', run('a@staging', failed)),
      at('0s', run('b@production', failed)),
      at('0s', expectNotified('pager: triggered', 'pager: triggered', 'pager: triggered')),
      at('10s', ({ store }) => {
        store.mode = 'rejects';
      }),
      at('10s', restart()),
      at('20s', run('b@production', passed)),
      at('20s', run('a@staging', failed)),
      // It cannot know that this is told already.
      at('20s', expectNotified('pager: triggered')),
      at('25s', ({ store }) => store.recover()),
      // The stored incident of a@staging continues in the new one, and that of b@production is over.
      at('60s', expectNotified('pager: resolved', 'pager: resolved')),
      at('70s', run(JOURNEY, passed)),
      at('70s', run('a@staging', passed)),
      at('70s', expectNotified('pager: resolved', 'pager: resolved')),
    ]);
    expect([...played.store.state.incidents.values()].map(({ incident }) => incident.state)).toEqual(
      Array.from({ length: 4 }, () => 'resolved'),
    );
    expect([...played.store.deliveries.values()].every(({ status }) => status === 'accepted')).toBe(true);
  });
});

test('a monitor that is no longer run is let go though the database tells of it late', async () => {
  const played = await timeline(world(), [
    at('0s', run(JOURNEY, failed)),
    at('0s', expectNotified('pager: triggered')),
    at('1s', ({ store }) => {
      store.mode = 'rejects';
    }),
    at('1s', restart()),
    at('2s', async ({ desk }) => desk.retain(['health@local'])),
    at('3s', ({ store }) => store.recover()),
    at('20s', expectNotified('pager: resolved')),
  ]);
  expect(played.desk.openIncidents()).toEqual([]);
});

test('a start without its database pages about that though nothing else happens, and is well when it is read', async () => {
  const played = world();
  played.store.mode = 'rejects';
  await timeline(played, [
    at('29s', expectNothingElse()),
    at('30s', expectNotified('pager: triggered')),
    at('40s', ({ store }) => store.recover()),
    at('60s', expectNotified('pager: resolved')),
  ]);
  expect(played.storageTrouble).toEqual([expect.any(String), null]);
});
