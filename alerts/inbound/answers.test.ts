import { beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { Incident } from '../incident.ts';
import type { AnswerOutcome, AnswerReader, ChannelAnswer } from '../notifier.ts';
import { malformed, unauthentic } from '../signatures.ts';
import { notification } from '../testing/notification.ts';
import { type AnswerDesk, createAnswerDesk, type DeliveryReport } from './answers.ts';
import { ReplayGuard } from './replay-guard.ts';
import { requestOf } from './testing/desk.ts';

const open = notification().incident;

/** A vendor whose requests are answers as JSON, signed by the word "good". */
const reader: AnswerReader = {
  configured: ({ secret }) => secret !== undefined,
  verify: (_settings, { headers }) =>
    headers['x-signature'] === 'good'
      ? { verified: true, replay_key: (headers['x-id'] as string | undefined) ?? null }
      : unauthentic('the signature does not match'),
  read: (_settings, { rawBody }) =>
    rawBody.length === 0 ? malformed('empty') : (JSON.parse(rawBody.toString()) as ChannelAnswer[]),
  reply: (_settings, _request, outcomes) => ({ content_type: 'application/json', body: JSON.stringify(outcomes) }),
};

let desk: AnswerDesk;
let incident: Incident | null;
let done: unknown[];
let reports: DeliveryReport[];
let logged: object[];
let broken: Error | null;
let onDisk: boolean;

beforeEach(() => {
  incident = open;
  done = [];
  reports = [];
  logged = [];
  broken = null;
  onDisk = true;
  const clock = new VirtualClock();
  const act =
    (what: string, change: Partial<Incident>) =>
    async (id: string, ...rest: unknown[]) => {
      if (broken) throw broken;
      done.push([what, id, ...rest]);
      return incident && { ...incident, ...change };
    };
  desk = createAnswerDesk({
    channels: new Map([
      ['call-kim', { settings: { name: 'call-kim', type: 'voice', secret: 's' }, answers: reader }],
      ['chat', { settings: { name: 'chat', type: 'chat', secret: 's' }, answers: { ...reader, reply: () => null } }],
      ['deaf', { settings: { name: 'deaf', type: 'voice' }, answers: reader }],
    ]),
    people: {
      acknowledge: act('acknowledge', { state: 'acknowledged' }),
      resolve: act('resolve', { state: 'resolved' }),
      escalate: act('escalate', {}),
      note: act('note', {}),
      silenceIncident: async (id, forMs, who) => {
        done.push(['silence', id, forMs, who]);
        return null;
      },
    },
    findById: async (id) => (id === open.id ? incident : null),
    findByDedupKey: async (key) => (key === open.dedup_key ? incident : null),
    nameOf: () => null,
    pageOf: () => notification().page,
    written: async () => onDisk,
    report: (report) => void reports.push(report),
    replays: new ReplayGuard(clock),
    clock,
    log: { info: (fields) => void logged.push(fields), warn: (fields) => void logged.push(fields) },
  });
});

const answer = (over: Partial<ChannelAnswer>): ChannelAnswer => ({
  incident_id: open.id,
  dedup_key: null,
  action: 'acknowledge',
  by: null,
  text: null,
  contact: null,
  provider_ref: null,
  ...over,
});
const send = (answers: ChannelAnswer[], headers: Record<string, string> = {}, channel = 'call-kim') =>
  desk.answer(channel, requestOf(answers, { headers: { 'x-signature': 'good', ...headers } }));
async function outcome(over: Partial<ChannelAnswer>): Promise<AnswerOutcome> {
  const receipt = await send([answer(over)]);
  if (receipt.status !== 'taken') throw new Error(receipt.reason);
  return (JSON.parse(receipt.reply!.body) as AnswerOutcome[])[0]!;
}
const who = { by: 'call-kim', via: 'call-kim' };

describe('an answer', () => {
  test.each(['acknowledge', 'resolve', 'escalate'] as const)('%s is carried out, by the channel', async (action) => {
    expect(await outcome({ action })).toMatchObject({
      incident: { id: open.id },
      page: { headline: expect.any(String) },
    });
    expect(done).toEqual([[action, open.id, who]]);
  });

  test('of a named person is theirs, and the incident may be named by its key', async () => {
    await outcome({ incident_id: null, dedup_key: open.dedup_key, by: 'Kim Minji' });
    expect(done).toEqual([['acknowledge', open.id, { by: 'Kim Minji', via: 'call-kim' }]]);
  });

  test('a silence stands for 30 minutes; a note without words is none', async () => {
    await outcome({ action: 'silence' });
    await outcome({ action: 'note', text: 'looking' });
    await outcome({ action: 'note', text: ' ' });
    await outcome({ action: 'repeat' });
    expect(done).toEqual([
      ['silence', open.id, 1_800_000, who],
      ['note', open.id, 'looking', who],
    ]);
  });

  test('about an incident that is not open changes nothing', async () => {
    expect(await outcome({ incident_id: 'inc-old' })).toMatchObject({ incident: null, page: null, still_failing: 0 });
    expect(await outcome({ incident_id: null })).toMatchObject({ incident: null });
    expect(done).toEqual([]);
  });

  test('delivered and unanswered are reported, and acknowledge nothing', async () => {
    await outcome({ action: 'unanswered', provider_ref: 'CA1' });
    expect(done).toEqual([]);
    expect(reports).toEqual([
      {
        channel: 'call-kim',
        what: 'unanswered',
        incident: expect.objectContaining({ id: open.id }),
        provider_ref: 'CA1',
      },
    ]);
  });
});

describe('resolving while monitors still fail', () => {
  test('a voice is told, and nothing changes', async () => {
    incident = { ...open, failing_count: 2 };
    expect(await outcome({ action: 'resolve_unless_failing' })).toMatchObject({
      still_failing: 2,
      incident: { state: 'triggered' },
    });
    expect(done).toEqual([]);
  });

  test('a button that cannot ask again resolves all the same', async () => {
    incident = { ...open, failing_count: 2 };
    expect(await outcome({ action: 'resolve' })).toMatchObject({ still_failing: 2, incident: { state: 'resolved' } });
  });

  test('once all pass, a voice resolves too', async () => {
    incident = { ...open, failing_count: 0 };
    expect(await outcome({ action: 'resolve_unless_failing' })).toMatchObject({
      still_failing: 0,
      incident: { state: 'resolved' },
    });
  });
});

describe('a request', () => {
  test('that comes again is answered with what stands, and done once', async () => {
    await send([answer({})], { 'x-id': '1' });
    const again = await send([answer({})], { 'x-id': '1' });
    expect(again).toMatchObject({ status: 'taken', reply: { body: expect.stringContaining(open.id) } });
    await send([answer({})], { 'x-id': '2' });
    expect(done).toHaveLength(2);
    expect(desk.counts()).toContainEqual({ channel: 'call-kim', outcome: 'replayed', count: 1 });
  });

  test('that could not be carried out is done when it comes again', async () => {
    broken = new Error('a bug');
    await expect(send([answer({})], { 'x-id': '1' })).rejects.toThrow('a bug');
    broken = null;
    onDisk = true;
    await send([answer({})], { 'x-id': '1' });
    expect(done).toHaveLength(1);
  });

  test('that is not signed is refused, counted, and logged once a minute without what it brought', async () => {
    for (let index = 0; index < 3; index++) {
      expect(await send([answer({})], { 'x-signature': 'a-secret-guess' })).toMatchObject({ refused: 'unauthentic' });
    }
    expect(done).toEqual([]);
    expect(logged).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toContain('a-secret-guess');
    expect(desk.counts()).toEqual([{ channel: 'call-kim', outcome: 'unauthentic', count: 3 }]);
  });

  test('to a channel that is unknown, or cannot believe anything, is refused', async () => {
    expect(await send([answer({})], {}, 'nobody')).toMatchObject({ refused: 'unauthentic' });
    expect(await send([answer({})], {}, 'deaf')).toMatchObject({ refused: 'unauthentic' });
    expect(done).toEqual([]);
  });
});

describe('what is not on disk', () => {
  beforeEach(() => {
    onDisk = false;
  });

  test('is carried out, and the reply says that it is not written', async () => {
    expect(await outcome({ action: 'acknowledge' })).toMatchObject({ incident: { id: open.id }, written: false });
    expect(done).toEqual([['acknowledge', open.id, who]]);
  });

  test('is an error for a vendor that gets no reply, until it is written, and done once', async () => {
    const sent = () => send([answer({})], { 'x-id': '1' }, 'chat');
    expect((await sent()).status).toBe('unavailable');
    expect((await sent()).status).toBe('unavailable');
    onDisk = true;
    expect(await sent()).toEqual({ status: 'taken', reply: null });
    expect(done).toHaveLength(1);
  });

  test('does not concern those who only asked, or report how a call ended', async () => {
    incident = { ...open, failing_count: 2 };
    for (const action of ['repeat', 'delivered', 'unanswered', 'resolve_unless_failing'] as const)
      expect(await outcome({ action })).toMatchObject({ written: true });
  });
});
