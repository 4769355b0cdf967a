import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { type AnswerLinks, createAnswerLinks } from '../../alerts/inbound/answer-links.ts';
import { createLinkSigner, LINK_LIFETIME_MS } from '../../alerts/inbound/signed-link.ts';
import type { Incident } from '../../alerts/incident.ts';
import { notification } from '../../alerts/testing/notification.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { controlWith } from '../testing/control-with.ts';

let app: FastifyInstance;
let clock: VirtualClock;
let incident: Incident | null;
let done: unknown[];
let onDisk: boolean;
let path: string;
let headline: string;
let links: AnswerLinks;

beforeAll(async () => {
  ({ app } = await controlWith({
    answerLinks: { look: (...asked) => links.look(...asked), act: (...asked) => links.act(...asked) },
  }));
});
afterAll(() => app.close());

beforeEach(() => {
  clock = new VirtualClock();
  done = [];
  onDisk = true;
  headline = notification().page.headline;
  incident = notification().incident;
  const act = (action: string, change: Partial<Incident>) => async (id: string, who: object) => {
    done.push([action, id, who]);
    if (incident) incident = { ...incident, ...change };
    return incident;
  };
  links = createAnswerLinks({
    signer: createLinkSigner('a secret', clock),
    people: {
      acknowledge: act('acknowledge', { state: 'acknowledged', acknowledged_by: 'mail' }),
      escalate: act('escalate', {}),
      resolve: act('resolve', { state: 'resolved', resolved_by: 'mail' }),
    },
    written: async () => onDisk,
    find: async () => incident,
    pageOf: () => ({ ...notification().page, headline }),
  });
  path = links.path(incident.id, 'mail');
});

const look = () => app.inject({ url: path });
const press = (action: string, headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }) =>
  app.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: `action=${action}`,
  });

describe('looking at the link', () => {
  test('shows what happened and the buttons, and changes nothing, however often', async () => {
    for (const method of ['GET', 'HEAD', 'GET'] as const) {
      expect((await app.inject({ method, url: path })).statusCode).toBe(200);
    }
    const { body } = await look();
    for (const word of [
      'POST /v1/posts answers 500',
      'no such column: author_id',
      'status 500, expected 201',
      'P1 · Reference API',
    ]) {
      expect(body).toContain(word);
    }
    expect(body.match(/<button[^>]*value="\w+"/g)).toHaveLength(3);
    expect(body).toContain('Resolve, though 1 still fails');
    expect(done).toEqual([]);
  });

  test('needs no script, is for nobody’s index or cache, and tells no other site of itself', async () => {
    const { headers, body } = await look();
    expect(body).not.toMatch(/<script|\bon\w+=|\bstyle=/i);
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-robots-tag': expect.stringContaining('noindex'),
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(
        /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/,
      ),
    });
    expect(headers['set-cookie']).toBeUndefined();
  });

  test('shows text of the outside world as text', async () => {
    const hostile = '</dd><script>alert("x")</script><img src=x onerror=alert(1)>&';
    incident = { ...incident!, title: hostile, url: `https://x/"onclick="${hostile}` };
    incident = { ...incident, cause: { ...incident.cause, server_error: hostile } };
    headline = hostile;
    const { body } = await look();
    expect(body).not.toMatch(/<script|<img|"onclick/);
    expect(body).toContain('&lt;script&gt;');
  });
});

test('what the service answered stays behind the sign-in: links are forwarded', async () => {
  const message = '$.email is "kim@example.com", expected null';
  incident = { ...incident!, cause: { ...incident!.cause, message, expected: 'null', actual: '"kim@example.com"' } };
  headline = `P1 · Reference API · production · ${message}`;
  const { body } = await look();
  expect(body).not.toContain('kim@example.com');
  expect(body).toContain('$.email is not as expected');
});

describe('a button', () => {
  test('acts in the name of the channel, and leads back to the page that shows it', async () => {
    const answer = await press('acknowledge');
    expect([answer.statusCode, answer.headers.location]).toEqual([303, path]);
    expect(done).toEqual([['acknowledge', incident!.id, { by: 'mail', via: 'mail' }]]);
    const { body } = await look();
    expect(body).toContain('Acknowledged by mail');
    expect(body).not.toContain('value="acknowledge"');
    await press('resolve');
    expect((await look()).body).not.toContain('<form');
  });

  test('says so when what it did could not be written down', async () => {
    onDisk = false;
    const answer = await press('acknowledge');
    expect(answer.statusCode).toBe(503);
    expect(answer.body).toContain('could not be written down');
    expect(done).toHaveLength(1);
  });

  test('pressed from another site does nothing', async () => {
    for (const site of ['cross-site', 'same-site', 'none']) {
      expect((await press('acknowledge', { 'sec-fetch-site': site })).statusCode).toBe(403);
    }
    expect(done).toEqual([]);
    // An older browser does not say.
    expect((await press('acknowledge', {})).statusCode).toBe(303);
  });

  test('that does not exist is a 400', async () => {
    for (const action of ['', 'delete', 'toString']) expect((await press(action)).statusCode).toBe(400);
    expect(done).toEqual([]);
  });
});

test('an expired link says so, and does nothing', async () => {
  await clock.advance(LINK_LIFETIME_MS);
  const answer = await look();
  expect(answer.statusCode).toBe(410);
  expect(answer.body).toContain('has expired');
  expect(answer.body).toContain('https://ringdown.example.com/');
  expect((await press('acknowledge')).statusCode).toBe(410);
  expect(done).toEqual([]);
});

test('a forged link is not found, and an incident that is long over says so', async () => {
  const other = path.slice(0, -2) + (path.endsWith('AA') ? 'BB' : 'AA');
  expect((await app.inject({ url: other })).statusCode).toBe(404);
  expect((await app.inject({ url: '/a/' })).statusCode).toBe(404);
  incident = null;
  expect((await look()).body).toContain('is over');
  expect((await press('acknowledge')).body).toContain('is over');
});
