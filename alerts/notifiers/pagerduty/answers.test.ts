import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AnswerRequest } from '../../notifier.ts';
import { bitFlips, headerFlips } from '../../testing/bit-flips.ts';
import { createAnswers } from './answers.ts';

const SECRET = 'pd-webhook-secret-canary';
const NOW = Date.parse('2026-11-23T03:10:00Z');
const settings = { name: 'pager', type: 'pagerduty', routing_key: 'x', webhook_secrets: [SECRET] };

const kim = { id: 'PLH1HKV', type: 'user_reference', summary: 'Kim Minji' };
const integration = { id: 'PI1', type: 'events_api_v2_inbound_integration_reference', summary: 'Ringdown' };
const incident = { id: 'PGR0VU2', type: 'incident', incident_key: 'ringdown-3f2a9c', status: 'acknowledged' };

/** As documented at developer.pagerduty.com/docs/webhooks-overview. */
function body(over: object = {}): Buffer {
  const event = {
    id: '5ac64822-4adc-4fda-ade0-410becf0de4f',
    event_type: 'incident.acknowledged',
    resource_type: 'incident',
    occurred_at: '2026-11-23T03:09:58.000Z',
    agent: kim,
    client: { name: 'PagerDuty' },
    data: incident,
    ...over,
  };
  return Buffer.from(JSON.stringify({ event }));
}

const sign = (rawBody: Buffer, secret = SECRET) => `v1=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;

function request(rawBody = body(), header: string | null = sign(rawBody)): AnswerRequest {
  return {
    method: 'POST',
    url: '/api/v1/answers/pager',
    publicUrl: 'https://ringdown.example.com/api/v1/answers/pager',
    headers: { 'x-pagerduty-signature': header ?? undefined, 'x-webhook-id': 'd3640fbd' },
    query: {},
    rawBody,
  };
}

const verify = (asked: AnswerRequest, over: object = {}, now = NOW) =>
  createAnswers().verify({ ...settings, ...over }, asked, now);
const believed = (asked: AnswerRequest, over: object = {}) => 'verified' in verify(asked, over);

describe('what is believed', () => {
  test('a request that PagerDuty signed; its own id is the replay key, not the header that nobody signed', () => {
    const first = request();
    const copy = { ...first, headers: { ...first.headers, 'x-webhook-id': 'another' } };
    expect(verify(first)).toEqual({ verified: true, replay_key: '5ac64822-4adc-4fda-ade0-410becf0de4f' });
    expect(verify(copy)).toEqual(verify(first));
  });

  test('an event without an id is known by its body, whatever stands around its signature', () => {
    const nameless = body({ id: undefined });
    const plain = verify(request(nameless));
    expect(plain).toMatchObject({ verified: true });
    expect(verify(request(nameless, `v1=00, ${sign(nameless)}`))).toEqual(plain);
    expect(verify(request(nameless, `v1=01,${sign(nameless)}`))).toEqual(plain);
  });

  test('no event without a time: nobody could tell when it was sent first', () => {
    for (const occurred_at of [undefined, null, '', 'yesterday', 17]) {
      expect(believed(request(body({ occurred_at })))).toBe(false);
    }
  });

  test('no flipped bit of the body', () => {
    const short = body({ data: null, agent: null });
    for (const flipped of bitFlips(short)) expect(believed(request(flipped, sign(short)))).toBe(false);
  });

  test('no flipped bit of the signature, upper case included', () => {
    const rawBody = body();
    for (const flipped of headerFlips(sign(rawBody))) expect(believed(request(rawBody, flipped))).toBe(false);
    expect(believed(request(rawBody, sign(rawBody).toUpperCase()))).toBe(false);
  });

  test('no reordered or reformatted JSON', () => {
    const { event } = JSON.parse(body().toString());
    const reordered = Buffer.from(JSON.stringify({ event: Object.fromEntries(Object.entries(event).reverse()) }));
    expect(JSON.parse(reordered.toString())).toEqual({ event });
    expect(believed(request(reordered, sign(body())))).toBe(false);
    expect(believed(request(Buffer.from(`${body()}\n`), sign(body())))).toBe(false);
  });

  test('during a rotation, either secret and any of several signatures', () => {
    const both = { webhook_secrets: ['new-secret', SECRET] };
    expect(believed(request(), both)).toBe(true);
    expect(believed(request(body(), sign(body(), 'new-secret')), both)).toBe(true);
    expect(believed(request(body(), `${sign(body(), 'new-secret')}, ${sign(body())}`))).toBe(true);
    expect(believed(request(body(), sign(body(), 'retired')), both)).toBe(false);
  });

  test('no request without a signature, or with one of another version, length or alphabet', () => {
    const hex = sign(body()).slice(3);
    for (const header of [null, '', ' ', 'v1=', hex, `v0=${hex}`, `v1=${hex}0`, `v1=${hex.slice(1)}`, 'v1=서명']) {
      expect(verify(request(body(), header))).toMatchObject({ refused: 'unauthentic' });
    }
    const { 'x-pagerduty-signature': _left, ...headers } = request().headers;
    expect(verify({ ...request(), headers })).toMatchObject({ refused: 'unauthentic' });
    expect(verify(request(), { webhook_secrets: [] })).toMatchObject({ refused: 'unauthentic' });
  });

  test('bytes, not text: a body that is no UTF-8 is compared as it came', () => {
    const torn = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    expect(believed(request(torn))).toBe(true);
    expect(believed(request(Buffer.from([0x7b, 0xfe, 0xff, 0x7d]), sign(torn)))).toBe(false);
  });

  test('no event that happened a day ago: by then its id is forgotten', () => {
    const at = (time: string) => body({ occurred_at: time });
    expect(believed(request(at('2026-11-23T02:40:00Z')))).toBe(true);
    expect(believed(request(at('2026-11-22T03:09:00Z')))).toBe(false);
    expect(believed(request(at('2026-11-23T03:16:00Z')))).toBe(false);
  });

  test('no secret is in a refusal', () => {
    const refusals = [verify(request(body(), 'v1=0')), verify(request(body(), null))];
    expect(JSON.stringify(refusals)).not.toContain(SECRET);
    expect(JSON.stringify(refusals)).not.toContain(sign(body()).slice(3));
  });
});

describe('what it means', () => {
  const read = (...events: object[]) => {
    const answers = createAnswers();
    return events.map((event) => answers.read(settings, request(body(event)))).at(-1);
  };

  test.each([
    ['incident.acknowledged', 'acknowledge'],
    ['incident.resolved', 'resolve'],
    ['incident.escalated', 'escalate'],
  ])('%s by a person', (event_type, action) => {
    expect(read({ event_type })).toEqual([
      {
        incident_id: null,
        dedup_key: 'ringdown-3f2a9c',
        action,
        by: 'Kim Minji',
        contact: { vendor: 'pagerduty', id: 'PLH1HKV' },
        text: null,
        provider_ref: null,
      },
    ]);
  });

  test('our own resolve comes back with the integration as agent and is no answer, so nothing loops', () => {
    for (const agent of [integration, { type: 'service_reference', summary: 'API' }, null, undefined]) {
      expect(read({ event_type: 'incident.resolved', agent })).toEqual([]);
    }
  });

  test('who it was given to is noted', () => {
    const data = { ...incident, assignees: [{ summary: 'Lee Minsu' }, null] };
    expect(read({ event_type: 'incident.delegated', data })).toMatchObject([
      { action: 'note', by: 'Kim Minji', text: 'Delegated at PagerDuty, to Lee Minsu' },
    ]);
    expect(read({ event_type: 'incident.reopened' })).toMatchObject([
      { action: 'note', text: 'Reopened at PagerDuty' },
    ]);
  });

  test('a note names only the id at PagerDuty: it belongs to the incident that was heard of under it', () => {
    const note = { type: 'incident_note', content: ' I look at it ', incident: { id: 'PGR0VU2' } };
    const annotated = { event_type: 'incident.annotated', data: note };
    expect(read(annotated)).toEqual([]);
    expect(read({ event_type: 'incident.triggered', agent: integration }, annotated)).toMatchObject([
      { action: 'note', dedup_key: 'ringdown-3f2a9c', by: 'Kim Minji', text: 'I look at it' },
    ]);
  });

  test('a ping, a service and what is not known yet are no answers', () => {
    expect(read({ event_type: 'pagey.ping', data: { message: 'Hello from your friend Pagey!' } })).toEqual([]);
    expect(read({ event_type: 'service.updated' })).toEqual([]);
    expect(read({ event_type: 'incident.constructor' })).toEqual([]);
    expect(read({ data: { ...incident, incident_key: null } })).toEqual([]);
  });

  test('nothing that can be signed makes it throw', () => {
    const answers = createAnswers();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const events = [
          value,
          { event: value },
          { event: { event_type: 'incident.annotated', agent: kim, data: value } },
        ];
        for (const each of events) {
          const asked = request(Buffer.from(JSON.stringify(each) ?? ''));
          answers.verify(settings, asked, NOW);
          const found = answers.read(settings, asked);
          expect('refused' in found || Array.isArray(found)).toBe(true);
        }
      }),
      { numRuns: 300, seed: 6 },
    );
    expect(answers.read(settings, request(Buffer.from('{"event":')))).toMatchObject({ refused: 'malformed' });
  });
});
