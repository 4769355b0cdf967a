import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { type AlertChange, emptyChange } from '../engine/state.ts';
import { Committer } from './committer.ts';

function changeOf(event: string): AlertChange {
  const change = emptyChange();
  change.events.push({ id: event, incident_id: 'inc', at: '', kind: 'notified', message: '', actor: null });
  return change;
}

function committerOn(commit: (change: AlertChange) => Promise<void>) {
  const clock = new VirtualClock();
  const trouble: (string | null)[] = [];
  const committer = new Committer({
    clock,
    random: () => 0.5,
    commit,
    release: () => undefined,
    onTrouble: (error) => trouble.push(error?.message ?? null),
  });
  return { clock, trouble, committer };
}

test('what arrives after the end of a shutdown that found it busy is written all the same', async () => {
  const written: string[] = [];
  const { clock, committer } = committerOn(async (change) => {
    await clock.timer(100);
    written.push(...change.events.map(({ id }) => id));
  });
  void committer.add(changeOf('before'), []);
  const shutdown = committer.shutdown(new AbortController().signal);
  await clock.advance(100);
  await shutdown;
  void committer.add(changeOf('after'), []);
  await clock.advance(100);
  expect(written).toEqual(['before', 'after']);
});

test('what arrives during a commit is written together in the next', async () => {
  const written: string[][] = [];
  let go: () => void = () => undefined;
  const { clock, committer } = committerOn(async (change) => {
    written.push(change.events.map(({ id }) => id));
    await new Promise<void>((resolve) => {
      go = resolve;
    });
  });
  const all = ['a', 'b', 'c'].map((id) => committer.add(changeOf(id), []));
  go();
  await clock.advance(0);
  go();
  await Promise.all(all);
  expect(written).toEqual([['a'], ['b', 'c']]);
});

test('what could not be written is written with what came later, in order', async () => {
  const written: string[][] = [];
  let broken = true;
  const { clock, trouble, committer } = committerOn(async (change) => {
    if (broken) throw new Error('disk full');
    written.push(change.events.map(({ id }) => id));
  });
  await committer.add(changeOf('a'), []);
  await committer.add(changeOf('b'), []);
  broken = false;
  await clock.advance(60_000);
  expect(written).toEqual([['a', 'b']]);
  expect(trouble).toEqual(['disk full', null]);
});

test('a database that stays away costs bounded memory', async () => {
  let [events, words] = [0, 0];
  let away = true;
  const { clock, committer } = committerOn(async (change) => {
    if (away) throw new Error('disk full');
    events += change.events.length;
    words += change.words.length;
  });
  await committer.add(changeOf('first'), []);
  for (let index = 1; index < 30_000; index++) {
    const change = changeOf(String(index));
    change.words.push({ incident_id: 'inc', number: index, stage: 'silence', at: '', verdict: 'passed', why: '' });
    void committer.add(change, []);
  }
  expect(committer.eventsDropped).toBe(10_000);
  away = false;
  await clock.advance(60_000);
  expect([events, words]).toEqual([20_000, 20_000]);
});

test('shutting down waits for the last change, but not for a database that hangs', async () => {
  const { committer } = committerOn(() => new Promise(() => undefined));
  const added = committer.add(changeOf('a'), []);
  const abort = new AbortController();
  const shutdown = committer.shutdown(abort.signal);
  abort.abort();
  await shutdown;
  await added;
});

test('a change without content neither waits nor keeps the next one from the disk', async () => {
  const written: string[] = [];
  const { trouble, committer } = committerOn(async (change) => void written.push(...change.events.map(({ id }) => id)));
  await committer.add(emptyChange(), []);
  await committer.add(changeOf('next'), []);
  expect([written, trouble, await committer.written()]).toEqual([['next'], [], true]);
});
