import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { syncFromPagerDuty } from './sync-from-pagerduty.ts';

const { schedule } = JSON.parse(readFileSync(new URL('./test-data/pagerduty-schedule.json', import.meta.url), 'utf8'));
const AT = Date.parse('2026-02-03T12:00Z');
const BOB = { id: 'PUSERB', summary: 'Bob Lee' };
const override = { start: '2026-02-03T15:00:00Z', end: '2026-02-03T17:00:00Z', user: BOB };

/** PagerDuty's REST API as documented: lists come in pages, one schedule without its overrides. */
let answers: Record<string, (url: URL) => unknown>;
let asked: string[];
let server: Server;
let url: string;

beforeEach(async () => {
  asked = [];
  const second = { ...schedule, id: 'P2', name: 'Second' };
  answers = {
    '/schedules': ({ searchParams }) =>
      searchParams.get('offset')
        ? { schedules: [second], limit: 1, offset: 1, more: false }
        : { schedules: [schedule], limit: 1, offset: 0, more: true },
    '/schedules/PI7DH85': () => ({ schedule }),
    '/schedules/PI7DH85/overrides': () => ({ overrides: [override] }),
    '/schedules/P2': () => ({ schedule: second }),
    '/schedules/P2/overrides': () => ({ overrides: [] }),
    '/oncalls': () => ({
      oncalls: [{ user: { id: 'PUSERB' }, schedule: { id: 'PI7DH85' } }],
      limit: 100,
      offset: 0,
      more: false,
    }),
  };
  server = createServer((request: IncomingMessage, response) => {
    const at = new URL(request.url!, 'http://localhost');
    asked.push(`${request.method} ${at.pathname} ${request.headers.authorization} ${at.searchParams}`);
    const answer = answers[at.pathname]?.(at);
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? { error: { message: 'Not Found' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const sync = (only: string[] = [], abort = new AbortController().signal) =>
  syncFromPagerDuty({ token: 'key', url, clock: new VirtualClock(AT), only }, abort);

test('schedules and overrides are read over every page, and held against who is on call there', async () => {
  const found = await sync();
  if ('error' in found) throw found.error;
  expect(Object.keys(found.onCall.schedules!)).toEqual(['payments-primary', 'second']);
  expect(found.onCall.schedules!['payments-primary']!.overrides).toEqual([
    { user: 'bob-lee', from: '2026-02-03T10:00', to: '2026-02-03T12:00' },
  ]);
  expect(found.onCall.schedules!.second!.overrides).toBeUndefined();
  expect(found.differences).toEqual([
    // Both have the same turns; of the second, the stand-in says nothing.
    'Second: PagerDuty says nobody is on call now, what was imported says bob-lee',
  ]);
  expect(asked[0]).toBe('GET /schedules Token token=key limit=100');
  expect(asked.at(-1)).toContain('schedule_ids%5B%5D=PI7DH85&schedule_ids%5B%5D=P2');
  expect(asked[3]).toContain('since=2026-02-03T12%3A00%3A00.000Z&until=2026-08-02');
});

test('only those that are asked for, by name or id; what is not there is told', async () => {
  const found = await sync(['P2', 'Third']);
  if ('error' in found) throw found.error;
  expect(Object.keys(found.onCall.schedules!)).toEqual(['second']);
  expect(found.notCarried[0]).toBe('Third: there is no such schedule');
});

test('what fails is told, with what to do', async () => {
  answers['/schedules/P2'] = () => undefined;
  expect(await sync()).toEqual({ error: new Error('PagerDuty answered 404 to /schedules/P2: Not Found') });
  answers['/schedules/P2'] = () => ({ schedule: { name: 'x' } });
  expect(String(((await sync()) as { error: Error }).error)).toContain(
    "PagerDuty's answer to /schedules/P2 is not as documented",
  );
  answers['/schedules/P2'] = () => '<html>';
  expect(await sync()).toEqual({ error: new Error('PagerDuty answered 200 to /schedules/P2, and no JSON') });
});

test('it ends when it is told to', async () => {
  const abort = new AbortController();
  answers['/schedules/P2'] = () => {
    abort.abort(new Error('enough'));
    return { schedule };
  };
  expect(String(((await sync([], abort.signal)) as { error: Error }).error)).toContain('PagerDuty cannot be asked');
});
