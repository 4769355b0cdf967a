import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createRunPictures, type RunPictures } from '../../alerts/inbound/run-pictures.ts';
import { createLinkSigner, LINK_LIFETIME_MS } from '../../alerts/inbound/signed-link.ts';
import type { PicturedRun } from '../../alerts/page/run-picture.ts';
import { notification } from '../../alerts/testing/notification.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { controlWith } from '../testing/control-with.ts';

const { incident } = notification();
let app: FastifyInstance;
let clock: VirtualClock;
let pictures: RunPictures;
let runs: PicturedRun[];
let asked: unknown[];

beforeAll(async () => {
  ({ app } = await controlWith({ runPictures: { draw: (token) => pictures.draw(token) } }));
});
afterAll(() => app.close());

beforeEach(() => {
  clock = new VirtualClock();
  asked = [];
  runs = [{ status: 'failed', duration_ms: 100 }];
  pictures = createRunPictures({
    signer: createLinkSigner('a secret', clock, 'picture of runs'),
    find: async (id) => (id === incident.id ? incident : null),
    runs: async (...of) => {
      asked.push(of);
      return runs;
    },
  });
});

const get = (url: string) => app.inject({ url });

test('whoever has the link sees the runs of the monitor, without signing in', async () => {
  const answer = await get(pictures.path(incident.id, 'pager'));
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'image/png']);
  expect(answer.rawPayload.toString('latin1', 1, 4)).toBe('PNG');
  expect(answer.headers['cache-control']).toContain('private');
  expect(asked).toEqual([[incident.cause.monitor, 60]]);
});

test('a link that is forged, expired, of another purpose, or about nothing shows nothing, and asks for nothing', async () => {
  const path = pictures.path(incident.id, 'pager');
  const another = createLinkSigner('a secret', clock).sign({ incident: incident.id, channel: 'pager' });
  for (const url of [
    path.replace(/.{5}\.png$/, 'AAAAA.png'),
    `/p/${another}.png`,
    path.slice(0, -4),
    '/p/x.png',
    '/p/',
  ]) {
    expect([url, (await get(url)).statusCode]).toEqual([url, 404]);
  }
  expect((await get(pictures.path('inc-unknown', 'pager'))).statusCode).toBe(404);
  await clock.advance(LINK_LIFETIME_MS);
  expect((await get(path)).statusCode).toBe(404);
  expect(asked).toEqual([]);
});

test('a link to a picture answers for nothing', () => {
  const token = pictures.path(incident.id, 'pager').slice('/p/'.length, -'.png'.length);
  expect(createLinkSigner('a secret', clock).open(token)).toEqual({ valid: false, why: 'forged' });
});

test('where no run is kept there is no picture', async () => {
  runs = [];
  expect((await get(pictures.path(incident.id, 'pager'))).statusCode).toBe(404);
});
