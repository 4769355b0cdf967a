import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AnswerRequest } from '../../notifier.ts';
import { bitFlips, headerFlips } from '../../testing/bit-flips.ts';
import { answers } from './answers.ts';

const SECRET = 'slack-signing-secret-canary';
const NOW = Date.parse('2026-11-23T03:10:00Z');
const SENT = NOW / 1_000 - 2;
const settings = { name: 'team', type: 'slack', url: 'https://hooks.slack.com/x', signing_secret: SECRET };

/** As documented at docs.slack.dev/reference/interaction-payloads/block_actions-payload. */
const pressed = (over: object = {}) => ({
  type: 'block_actions',
  user: { id: 'U024BE7LH', username: 'kim', name: 'kim', team_id: 'T9TK3CUKW' },
  api_app_id: 'AABA1ABCD',
  response_url: 'https://hooks.slack.com/actions/AABA1ABCD/1232321423432/D09sSasdasdAS9091209',
  actions: [
    { type: 'button', block_id: '=qXel', action_id: 'acknowledge', value: 'inc-3f2a9c', action_ts: '1548426417.8' },
  ],
  ...over,
});

const bodyOf = (payload: unknown) => Buffer.from(new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
const sign = (rawBody: Buffer, at = SENT, secret = SECRET) =>
  `v0=${createHmac('sha256', secret).update(`v0:${at}:`).update(rawBody).digest('hex')}`;

function request(rawBody: Buffer = bodyOf(pressed()), over: Record<string, string | undefined> = {}): AnswerRequest {
  return {
    method: 'POST',
    url: '/api/v1/answers/team',
    publicUrl: 'https://ringdown.example.com/api/v1/answers/team',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(SENT),
      'x-slack-signature': sign(rawBody),
      ...over,
    },
    query: {},
    rawBody,
  };
}

const verify = (asked: AnswerRequest, over: object = {}, now = NOW) =>
  answers.verify({ ...settings, ...over }, asked, now);
const believed = (asked: AnswerRequest, over: object = {}, now = NOW) => 'verified' in verify(asked, over, now);

describe('what is believed', () => {
  test('the signature of the documentation', () => {
    // The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
    const rawBody = Buffer.from(
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    );
    const documented = {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    };
    const secret = { signing_secret: '8f742231b10e8888abcd99yyyzzz85a5' };
    expect(verify(request(rawBody, documented), secret, 1_531_420_618_000)).toEqual({
      verified: true,
      replay_key: documented['x-slack-signature'],
    });
  });

  test('no flipped bit of a short body', () => {
    const short = bodyOf({ type: 'block_actions', actions: [] });
    for (const flipped of bitFlips(short)) {
      expect(believed(request(flipped, { 'x-slack-signature': sign(short) }))).toBe(false);
    }
  });

  test('no flipped bit of the signature or of the time that it signs', () => {
    for (const flipped of headerFlips(sign(bodyOf(pressed())))) {
      expect(believed(request(undefined, { 'x-slack-signature': flipped }))).toBe(false);
    }
    for (const flipped of headerFlips(String(SENT))) {
      expect(believed(request(undefined, { 'x-slack-request-timestamp': flipped }))).toBe(false);
    }
  });

  test('no reordered JSON, nor the same form in other letters', () => {
    const payload = pressed();
    const reordered = bodyOf(Object.fromEntries(Object.entries(payload).reverse()));
    const signature = { 'x-slack-signature': sign(bodyOf(payload)) };
    expect(believed(request(reordered, signature))).toBe(false);
    const lower = Buffer.from(bodyOf(payload).toString().replaceAll('%7B', '%7b'));
    expect(new URLSearchParams(lower.toString()).get('payload')).toBe(JSON.stringify(payload));
    expect(believed(request(lower, signature))).toBe(false);
  });

  test('nothing older than five minutes, nor from more than five minutes ahead', () => {
    expect(believed(request(), {}, NOW + 297_000)).toBe(true);
    expect(believed(request(), {}, NOW + 299_000)).toBe(false);
    expect(believed(request(), {}, NOW - 301_000)).toBe(true);
    expect(believed(request(), {}, NOW - 303_000)).toBe(false);
  });

  test('the same request has the same replay key, another one another', () => {
    const key = (asked: AnswerRequest) => (verify(asked) as { replay_key: string }).replay_key;
    expect(key(request())).toBe(key(request()));
    const later = request(undefined, {
      'x-slack-request-timestamp': String(SENT + 1),
      'x-slack-signature': sign(bodyOf(pressed()), SENT + 1),
    });
    expect(key(later)).not.toBe(key(request()));
  });

  test('while the secret is changed, the old one and the new one', () => {
    const rotating = { signing_secret: 'new-secret', previous_signing_secret: SECRET };
    const rawBody = bodyOf(pressed());
    expect(believed(request(), rotating)).toBe(true);
    expect(believed(request(rawBody, { 'x-slack-signature': sign(rawBody, SENT, 'new-secret') }), rotating)).toBe(true);
    expect(believed(request(rawBody, { 'x-slack-signature': sign(rawBody, SENT, 'other') }), rotating)).toBe(false);
    expect(believed(request(), { signing_secret: 'new-secret' })).toBe(false);
  });

  test('no request without a header, or with one of another version, length or alphabet', () => {
    const right = sign(bodyOf(pressed()));
    for (const header of [
      undefined,
      '',
      ' ',
      'v0=',
      right.slice(3),
      right.replace('v0', 'v1'),
      `${right}0`,
      right.slice(0, -1),
      right.toUpperCase(),
      `${right},${right}`,
      'v0=서명',
    ]) {
      expect(verify(request(undefined, { 'x-slack-signature': header }))).toMatchObject({ refused: 'unauthentic' });
    }
    for (const time of [undefined, '', 'now', `${SENT}.0`, `+${SENT}`, `${SENT}000`, '9'.repeat(400), '１２３']) {
      expect(verify(request(undefined, { 'x-slack-request-timestamp': time }))).toMatchObject({
        refused: 'unauthentic',
      });
    }
    const { signing_secret: _left, ...unsigned } = settings;
    expect(answers.configured(unsigned)).toBe(false);
    expect(answers.verify(unsigned, request(), NOW)).toMatchObject({ refused: 'unauthentic' });
    expect(
      answers.verify(
        { ...unsigned, signing_secret: '' },
        request(undefined, { 'x-slack-signature': sign(bodyOf(pressed()), SENT, '') }),
        NOW,
      ),
    ).toMatchObject({ refused: 'unauthentic' });
  });

  test('names in any alphabet are signed as bytes', () => {
    const rawBody = bodyOf(pressed({ user: { name: '김민지 🔥' } }));
    expect(believed(request(rawBody))).toBe(true);
  });

  test('no secret is in a refusal', () => {
    const refusals = [
      request(undefined, { 'x-slack-signature': 'v0=0' }),
      request(undefined, { 'x-slack-request-timestamp': '1' }),
    ];
    const words = JSON.stringify(refusals.map((each) => verify(each)));
    expect(words).not.toContain(SECRET);
    expect(words).not.toContain(sign(bodyOf(pressed())).slice(3));
  });
});

describe('what it means', () => {
  const read = (payload: unknown) => answers.read(settings, request(bodyOf(payload)));

  test.each(['acknowledge', 'escalate', 'resolve'])('the button %s, and who pressed it', (action) => {
    expect(read(pressed({ actions: [{ action_id: action, value: 'inc-3f2a9c' }] }))).toEqual([
      {
        incident_id: 'inc-3f2a9c',
        dedup_key: null,
        action,
        by: 'kim',
        contact: { vendor: 'slack', id: 'U024BE7LH' },
        text: null,
        provider_ref: null,
      },
    ]);
  });

  test('a button that only leads somewhere, another kind of interaction and a look whether we are there are no answers', () => {
    expect(read(pressed({ actions: [{ action_id: 'VH=', value: '' }, { type: 'button' }, null] }))).toEqual([]);
    expect(read(pressed({ type: 'view_submission' }))).toEqual([]);
    expect(answers.read(settings, request(Buffer.from('ssl_check=1&token=x')))).toEqual([]);
  });

  test('a name that is missing is the id', () => {
    expect(read(pressed({ user: { id: 'U024BE7LH' } }))).toMatchObject([{ by: 'U024BE7LH' }]);
    expect(read(pressed({ user: null }))).toMatchObject([{ by: null }]);
  });

  test('nothing that can be signed makes it throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const payload of [
          value,
          { type: 'block_actions', actions: value, user: value },
          { type: 'block_actions', actions: [value] },
        ]) {
          const found = read(payload);
          expect('refused' in found || Array.isArray(found)).toBe(true);
        }
      }),
      { numRuns: 300, seed: 6 },
    );
    for (const text of ['', 'payload=', 'payload={', 'other=1', '%ff=%00']) {
      expect(answers.read(settings, request(Buffer.from(text)))).toMatchObject({ refused: 'malformed' });
    }
  });

  test('nothing is replied: the message is edited for everybody', () => {
    expect(answers.reply(settings, request(), [])).toBeNull();
  });
});
