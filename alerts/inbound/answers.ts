import type { Clock } from '../../core/clock.ts';
import type { Incident } from '../incident.ts';
import type { Answerer, PeopleDesk } from '../incidents/people.ts';
import type { AnswerOutcome, AnswerReader, AnswerReply, ChannelAnswer, ChannelSettings, Page } from '../notifier.ts';
import type { InboundRequest, Refusal } from './inbound.ts';
import type { ReceiverLog } from './receiver.ts';
import type { ReplayGuard } from './replay-guard.ts';

const SILENCE_MS = 30 * 60_000;
const LOGGED_EVERY_MS = 60_000;
const CHANGES_NOTHING: ReadonlySet<ChannelAnswer['action']> = new Set(['delivered', 'unanswered', 'repeat']);

/** A channel that something comes back from. */
export interface AnsweringChannel {
  settings: ChannelSettings;
  answers: AnswerReader;
}

/** What a vendor tells of a message or a call: it arrived, or nobody answered. */
export interface DeliveryReport {
  channel: string;
  what: 'delivered' | 'unanswered';
  incident: Incident | null;
  provider_ref: string | null;
}

export interface AnswerDeskDeps {
  /** By name. */
  channels: ReadonlyMap<string, AnsweringChannel>;
  people: Pick<PeopleDesk, 'acknowledge' | 'resolve' | 'escalate' | 'note' | 'silenceIncident'>;
  /** Open incidents, as of now; null for others. */
  findById(id: string): Promise<Incident | null>;
  findByDedupKey(key: string): Promise<Incident | null>;
  /** What would be told of it now; null when nothing can be said of it any more. */
  /** The name of whoever answered, where `on_call` knows it: by what the vendor calls them, or because the channel is theirs. */
  nameOf(channel: string, contact: ChannelAnswer['contact']): string | null;
  pageOf(incident: Incident): Page | null;
  report(report: DeliveryReport): void;
  /** Whether everything that the desk decided so far is on disk. */
  written(): Promise<boolean>;
  /** Shared with the receiver. */
  replays: ReplayGuard;
  clock: Clock;
  log: Pick<ReceiverLog, 'warn' | 'info'>;
}

export type AnswerReceipt =
  /** `reply` null: nothing but that it was taken. */
  | { status: 'taken'; reply: AnswerReply | null }
  /** It counts, but is not on disk, and nobody else would tell the person: the vendor is to hear that it failed. */
  | { status: 'unavailable'; reason: string }
  | ({ status: 'refused' } & Refusal);

export type AnswerCount = 'taken' | 'unwritten' | 'replayed' | 'unauthentic' | 'malformed' | 'unknown_channel';

export interface AnswerDesk {
  /** What came back from a channel. */
  answer(channel: string, request: InboundRequest): Promise<AnswerReceipt>;
  /** Since the start. */
  counts(): { channel: string; outcome: AnswerCount; count: number }[];
}

/** Carries out what people did where they were told, once each, whoever sends it how often. */
export function createAnswerDesk(deps: AnswerDeskDeps): AnswerDesk {
  const { clock, log, people } = deps;
  const counted = new Map<string, { channel: string; outcome: AnswerCount; count: number }>();
  const logged = new Map<string, number>();

  function count(channel: string, outcome: AnswerCount): void {
    const entry = counted.get(`${channel}\n${outcome}`) ?? { channel, outcome, count: 0 };
    entry.count++;
    counted.set(`${channel}\n${outcome}`, entry);
  }

  function refuse(channel: string, refusal: Refusal): AnswerReceipt {
    count(channel, refusal.refused);
    const since = clock.monotonic() - (logged.get(channel) ?? Number.NEGATIVE_INFINITY);
    if (since >= LOGGED_EVERY_MS) {
      logged.set(channel, clock.monotonic());
      log.warn({ channel, reason: refusal.reason }, `an answer was refused as ${refusal.refused}`);
    }
    return { status: 'refused', ...refusal };
  }

  async function answer(name: string, request: InboundRequest): Promise<AnswerReceipt> {
    const channel = deps.channels.get(name);
    if (!channel?.answers.configured(channel.settings)) {
      count(channel ? name : '', 'unknown_channel');
      return { status: 'refused', refused: 'unauthentic', reason: 'no channel of that name takes answers' };
    }
    const { settings, answers } = channel;
    const verified = answers.verify(settings, request, clock.now());
    if ('refused' in verified) return refuse(name, verified);
    const read = answers.read(settings, request);
    if ('refused' in read) return refuse(name, read);
    // What changes nothing may come again: strangers' texts are not worth remembering for a year.
    const lasting = verified.timeless === true && read.some(({ action }) => !CHANGES_NOTHING.has(action));
    const taking =
      verified.replay_key === null ? undefined : deps.replays.take(`answer ${name}`, verified.replay_key, lasting);
    if (taking === null) {
      count(name, 'replayed');
      // Whoever did not hear our reply asks again; what stands is told once more, and nothing is done twice.
      const outcomes = await Promise.all(read.map(async (each) => outcomeOf(each, await find(each))));
      return receiptOf(channel, request, outcomes);
    }
    try {
      const outcomes: AnswerOutcome[] = [];
      for (const each of read) outcomes.push(await act(name, each));
      await taking?.carriedOut();
      count(name, 'taken');
      return await receiptOf(channel, request, outcomes);
    } catch (error) {
      taking?.failed();
      throw error;
    }
  }

  /** Also of what is sent again: the first time it may not have been on disk. */
  async function receiptOf(
    { settings, answers }: AnsweringChannel,
    request: InboundRequest,
    outcomes: readonly AnswerOutcome[],
  ): Promise<AnswerReceipt> {
    const written = !outcomes.some(changes) || (await deps.written());
    const reply = answers.reply(
      settings,
      request,
      outcomes.map((outcome) => ({ ...outcome, written: written || !changes(outcome) })),
    );
    if (written || reply) return { status: 'taken', reply };
    count(settings.name, 'unwritten');
    return { status: 'unavailable', reason: 'it counts, but cannot be written down now: send it again' };
  }

  async function find(each: ChannelAnswer): Promise<Incident | null> {
    if (each.incident_id !== null) return deps.findById(each.incident_id);
    return each.dedup_key === null ? null : deps.findByDedupKey(each.dedup_key);
  }

  async function act(channel: string, each: ChannelAnswer): Promise<AnswerOutcome> {
    const incident = await find(each);
    if (each.action === 'delivered' || each.action === 'unanswered') {
      deps.report({ channel, what: each.action, incident, provider_ref: each.provider_ref });
      return outcomeOf(each, incident);
    }
    if (!incident) return outcomeOf(each, null);
    const after = await carryOut(each, incident, {
      by: deps.nameOf(channel, each.contact) ?? each.by ?? channel,
      via: channel,
    });
    return outcomeOf(each, after, incident);
  }

  async function carryOut(each: ChannelAnswer, incident: Incident, who: Answerer): Promise<Incident | null> {
    switch (each.action) {
      case 'acknowledge':
        return people.acknowledge(incident.id, who);
      case 'resolve':
        return people.resolve(incident.id, who);
      case 'resolve_unless_failing':
        return incident.failing_count > 0 ? incident : people.resolve(incident.id, who);
      case 'escalate':
        return people.escalate(incident.id, who);
      case 'note':
        return each.text?.trim() ? people.note(incident.id, each.text, who) : incident;
      case 'silence':
        await people.silenceIncident(incident.id, SILENCE_MS, who);
        return deps.findById(incident.id);
      default:
        return incident;
    }
  }

  /** @param before as it was when the answer came: its members that failed then are what a voice speaks of */
  function outcomeOf(each: ChannelAnswer, incident: Incident | null, before = incident): AnswerOutcome {
    const resolves = each.action === 'resolve' || each.action === 'resolve_unless_failing';
    return {
      answer: each,
      incident,
      still_failing: resolves ? (before?.failing_count ?? 0) : 0,
      page: incident && deps.pageOf(incident),
      written: true,
    };
  }

  return { answer, counts: () => [...counted.values()].map((entry) => ({ ...entry })) };
}

function changes({ answer: { action }, still_failing }: AnswerOutcome): boolean {
  if (action === 'resolve_unless_failing' && still_failing > 0) return false;
  return action !== 'delivered' && action !== 'unanswered' && action !== 'repeat';
}
