import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { context } from '../../testing/describe-notifier.ts';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { channel } from './index.ts';
import { templateView } from './names.ts';
import { renderTemplate, templateProblems } from './template.ts';

const view = templateView(notification({}, { labels: { team: 'posts', 'http.route': '/v1/posts' } }));
const render = (template: unknown) => renderTemplate(template, view);

describe('a template', () => {
  test.each([
    ['{{ incident.title }}', 'Reference API: POST /v1/posts answers 500'],
    ['{{incident.failing_count}}', 1],
    ['{{ incident.monitors }}', ['post-journey@production']],
    ['{{ incident.deployment }}', null],
    ['{{ incident.deployment.version }}', null],
    ['{{ incident.labels.http.route }}', '/v1/posts'],
    ['{{ incident.labels.nothing }}', null],
    ['{{ page.text }}', expect.stringMatching(/^Server: no such column: author_id\nFailing for: 40 s/)],
    [' {{ incident.failing_count }}', ' 1'],
    ['[{{ incident.priority }}] by {{ incident.deployment.version }}.', '[P1] by .'],
    ['{{ incident.monitors }}!', '["post-journey@production"]!'],
    ['no names', 'no names'],
    [7, 7],
    [null, null],
    [
      { a: [{ b: '{{ event }}' }], c: true },
      { a: [{ b: 'incident.triggered' }], c: true },
    ],
  ])('%j becomes %j', (template, expected) => {
    expect(render(template)).toEqual(expected);
  });

  test('what is put in is never read as a template, nor out of its place in the JSON', () => {
    const hostile = templateView(notification({}, { title: `{{ page.headline }} ${HOSTILE_TEXT} "},{"x":"` }));
    const rendered = renderTemplate({ text: 'it says {{ incident.title }}' }, hostile) as { text: string };
    expect(rendered.text).toContain('it says {{ page.headline }}');
    expect(Object.keys(JSON.parse(JSON.stringify(rendered)))).toEqual(['text']);
  });

  test.each(['constructor', '__proto__', 'incident.constructor', 'incident.labels.__proto__', 'incident.title.length'])(
    'reaches own properties only: {{ %s }}',
    (name) => {
      expect(render(`{{ ${name} }}`)).toBeNull();
    },
  );
});

describe('mistakes in a template are told at start, where they stand', () => {
  test.each([
    [{ text: '{{ incident.titel }}' }, ['text'], 'there is no "incident.titel"', 'did you mean "incident.title"?'],
    [['{{ incidnt.title }}'], [0], 'there is no "incidnt.title"', 'did you mean "incident"?'],
    ['{{ incident.cause.nonsense }}', [], 'there is no "incident.cause.nonsense"', expect.stringContaining('message')],
    ['{{ constructor }}', [], 'there is no "constructor"', expect.stringContaining('incident')],
    ['{{ incident.title.length }}', [], 'there is no "incident.title.length"', undefined],
    ['{{ }}', [], 'a template needs a name between {{ and }}', expect.any(String)],
    ['{{ incident.title', [], 'a template is written {{ name }}, with both its ends', undefined],
    [{ '{{ event }}': 1 }, ['{{ event }}'], 'a key cannot be a template', undefined],
  ])('%j', (template, path, message, hint) => {
    const [problem] = templateProblems(template);
    expect(problem).toEqual({ path, message, ...(hint === undefined ? {} : { hint }) });
  });

  test('what is right is not told', () => {
    const template = {
      a: ['{{ incident.labels.any.thing }}', '{{ page.answer_url }}', { b: 3 }],
      c: '{{incident.held.reason}}',
    };
    expect(templateProblems(template)).toEqual([]);
  });

  test.each(['{'.repeat(1_000_000), `{{${' '.repeat(1_000_000)}`])(
    'a text of a million signs takes no time',
    (text) => {
      expect(templateProblems(text)).toHaveLength(1);
    },
  );

  test('headers of ours, and JSON written as a text', () => {
    const settings = { name: 'hook', type: 'webhook', url: 'https://x.example' };
    const headers = { 'Content-Type': 'application/json', 'Ringdown-Signature': 'x' };
    expect(channel.check!({ ...settings, headers, template: '{"a":"{{ event }}"}' }).map(({ path }) => path)).toEqual([
      ['headers', 'Ringdown-Signature'],
      ['template'],
    ]);
  });
});

describe('a body of one’s own', () => {
  let receiver: VendorServer;
  beforeEach(async () => {
    receiver = await vendorServer((call) =>
      call.headers['x-refuse'] ? { status: 400, body: `no: ${call.headers.authorization}` } : { status: 200 },
    );
  });
  afterEach(() => receiver.close());
  const send = (settings: object) =>
    channel
      .create({ name: 'hook', type: 'webhook', url: receiver.url, ...settings }, context)
      .notify(notification(), AbortSignal.timeout(5_000));

  test('is sent as JSON, signed as it is sent, with its method and headers', async () => {
    const headers = { Authorization: 'GenieKey abcdefgh' };
    await send({
      method: 'PUT',
      secret: 's3cret',
      headers,
      template: { message: '{{ incident.title }}', n: '{{ incident.failing_count }}' },
    });
    const [call] = receiver.accepted;
    expect(call!.method).toBe('PUT');
    expect(JSON.parse(call!.body)).toEqual({ message: 'Reference API: POST /v1/posts answers 500', n: 1 });
    expect(call!.headers.authorization).toBe('GenieKey abcdefgh');
    expect(call!.headers['content-type']).toBe('application/json');
    const [, t, v1] = /^t=(\d+),v1=(.*)$/.exec(String(call!.headers['ringdown-signature']))!;
    expect(createHmac('sha256', 's3cret').update(`${t}.${call!.body}`).digest('hex')).toBe(v1);
  });

  test('may be a text', async () => {
    await send({ template: 'page: {{ page.headline }}' });
    expect(receiver.accepted[0]!.body).toMatch(/^page: P1 · /);
    expect(receiver.accepted[0]!.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  test('no token of a header is repeated in an error', async () => {
    const headers = { authorization: 'Bearer header-canary', 'X-Refuse': '1' };
    const delivery = await send({ headers });
    expect(delivery).toMatchObject({ status: 'failure', error: { message: 'answered 400: no: [redacted]' } });
  });
});
