import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createAlertDesk } from '../../../alerts/incidents/desk.ts';
import { failed, observe } from '../../../alerts/testing/observations.ts';
import { systemClock } from '../../../core/clock.ts';
import type { AlertSchema } from '../../../storage/alerts/index.ts';
import { openSqlite } from '../../../storage/sqlite/index.ts';
import { openState } from '../../../storage/state.ts';
import { DataDirectory } from '../../data-directory.ts';
import { explainIncident } from './explain.ts';

let folder: string;
let printed: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-explain-'));
  printed = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean(printed.push(String(text))));
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** A watcher on the folder's database sees a failure, under a silence or not, and ends. */
async function incidentOf(silenced: boolean, reason = 'deploying'): Promise<string> {
  const state = await openState(join(folder, 'state.db'));
  const desk = createAlertDesk({
    clock: systemClock,
    store: state.alerts,
    policies: [],
    channels: new Map(),
    publicUrl: 'http://127.0.0.1:4000',
    log: { info() {}, warn() {}, error() {} },
  });
  await desk.start();
  if (silenced) {
    const now = systemClock.now();
    const [starts_at, ends_at] = [now, now + 3_600_000].map((ms) => new Date(ms).toISOString());
    const matchers = [{ label: 'service', is: '=' as const, value: 'reference-api' }];
    await desk.silence({ matchers, starts_at: starts_at!, ends_at: ends_at!, reason }, { by: 'kim', via: 'web' });
  }
  await desk.observe(observe('post-journey@local', failed, systemClock.now()));
  const [incident] = desk.openIncidents();
  await desk.shutdown(AbortSignal.timeout(5_000));
  await state.close();
  return incident!.id;
}

const explain = (id: string, json = false) => explainIncident({ id, directory: new DataDirectory(folder), json });

test('without a watcher the database says what each stage said, by the beginning of an id too', async () => {
  const id = await incidentOf(false);
  expect(await explain(id.slice(0, 8))).toBe(0);
  const text = printed.join('');
  expect(text).toContain(id);
  expect(text).toMatch(/evaluate\s+.*passed/);
  expect(text).toMatch(/silence\s+.*passed/);
});

test('one that is held says by what, and until when', async () => {
  await explain(await incidentOf(true));
  const text = printed.join('');
  expect(text).toMatch(/silence\s+.*held/);
  expect(text).toMatch(/It pages nobody now until \d{4}-.*kim.*deploying/);
});

test('a watcher is asked by the beginning of an id too, and deliveries are not counted as pages', async () => {
  const word = (stage: string, why: string) => ({ stage, at: '2026-11-23T03:00:00.000Z', verdict: 'told', why });
  const incident = {
    ...{ id: 'inc-0123456789', title: 'Shop: it fails', priority: 'P1', state: 'triggered', held: null },
    ...{ triggered_at: '2026-11-23T03:00:00.000Z', failing_count: 1 },
  };
  const words = [word('escalate', 'step 1 of 2: push'), word('deliver', 'push accepted "triggered"')];
  const answers: Record<string, object> = {
    '/api/v1/incidents/inc-0123456789/explain': { incident, words },
    '/api/v1/incidents': { items: [incident], next_cursor: null },
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url!.split('?')[0]!];
    response.writeHead(answer ? 200 : 404).end(JSON.stringify(answer ?? { detail: 'it does not exist' }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder, 'ready.json'), JSON.stringify({ url, sign_in_url: `${url}/?token=t` }));
  try {
    expect(await explain('inc-01')).toBe(0);
    expect(printed.join('')).toContain('It paged: step 1 of 2: push.');
    await expect(explain('inc-9')).rejects.toThrow('there is no incident inc-9');
  } finally {
    server.close();
  }
});

test('as JSON it is the incident and the words', async () => {
  const id = await incidentOf(false);
  await explain(id, true);
  const { incident, words } = JSON.parse(printed.join(''));
  expect(incident.id).toBe(id);
  expect(words.length).toBeGreaterThan(3);
});

test('an incident that is not there is a mistake in the command', async () => {
  await incidentOf(false);
  await expect(explain('inc-0000')).rejects.toMatchObject({ code: 'UNKNOWN_INCIDENT', exitCode: 2 });
});

test('where no watcher has run there is nothing to explain', async () => {
  await expect(explain('inc-0000')).rejects.toMatchObject({ code: 'NOT_RUNNING', exitCode: 2 });
});

test('what others wrote does not steer the terminal', async () => {
  const id = await incidentOf(true, '\u001b]0;owned\u0007\u001b[2J\nP4 all is well\u202e');
  expect(await explain(id)).toBe(0);
  const text = printed.join('').replaceAll(/\u001b\[\d+m/g, '');
  expect(text).toContain('P4 all is well');
  expect(text).not.toMatch(/\p{Cc}(?<!\n)|\u202e/u);
  expect(text).not.toMatch(/^P4 all is well/m);
});

test('an incident whose row is damaged is named, and the others are explained as ever', async () => {
  const whole = await incidentOf(false);
  const { db, close } = await openSqlite<AlertSchema>({ file: join(folder, 'state.db') });
  const [row] = await db.selectFrom('incidents').selectAll().execute();
  await db
    .insertInto('incidents')
    .values({ ...row!, id: 'inc-zzz', body: '{"incident":' })
    .execute();
  await close();
  const said = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  expect(await explain(whole.slice(0, 8))).toBe(0);
  expect(said.mock.calls.join('')).toMatch(
    /1 row of the database cannot be read and is left out:.*incidents inc-zzz: /s,
  );
  await expect(explain('inc-zzz')).rejects.toMatchObject({
    code: 'BROKEN_ROW',
    exitCode: 1,
    message: expect.stringContaining('the row inc-zzz of incidents in the database cannot be read'),
  });
});
