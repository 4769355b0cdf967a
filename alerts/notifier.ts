import type { Component } from '../core/component.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Incident, NotificationEvent } from './incident.ts';

/** What a channel is asked to say. `dedup_key` and `delivery_id` make retries idempotent where the vendor allows it. */
export interface Notification {
  delivery_id: string;
  dedup_key: string;
  event: NotificationEvent;
  incident: Incident;
  /** The `messageRef` that this channel gave of the incident's message, be it before a restart: later states change that one. Null where there is none. */
  message_ref: string | null;
  /** Signed, of the latest runs, and fetched without signing in; null where no run stands behind it, or the vendor cannot fetch. */
  picture: { url: string; alt: string } | null;
  /** The wording, made once by alerts/page: channels choose what fits them, they never compose their own. */
  page: Page;
}

/** The words of a page. Plain text: each channel escapes for its own format. */
export interface Page {
  /** One line: priority, service, environment, failing step and status. */
  headline: string;
  /** The server's own error, in one line; null when telemetry brought none. */
  server_error: string | null;
  /** Label and text, in the order they should be read: since when, attempts, real traffic, what else is healthy, what changed. */
  facts: { label: string; text: string }[];
  /** What a voice says, without preamble, ids or markup. */
  speech: string;
  links: { label: string; url: string }[];
  /** Whom the next escalation step tells, in words, so that a voice can offer it; null when nobody is left. */
  escalates_to: string | null;
  /** Whoever opens it may acknowledge without signing in: signed, for this incident and channel, expiring. Null where none can be made. */
  answer_url: string | null;
}

/** One way to reach people. Retry, queue and timeout live around it, in the dispatcher. Throws only on a bug. */
export interface Notifier extends Component {
  notify(notification: Notification, abort: AbortSignal): Promise<Delivery>;
  /**
   * Asks the vendor whether this notification already arrived. A vendor that is not idempotent (a phone call) has it:
   * after a restart the dispatcher cannot know whether the process died before or after sending, and asks first.
   * `retryable` means "it did not arrive, send it".
   */
  lookup?(notification: Notification, attempt: EarlierAttempt, abort: AbortSignal): Promise<Delivery>;
}

/** An attempt whose end nobody knows. */
export interface EarlierAttempt {
  /** It was not made before, wall-clock milliseconds. What arrived earlier belongs to an earlier notification. */
  since: number;
  /** The vendor's references of other notifications on this channel: those are not this one, whenever they arrived. */
  others: ReadonlySet<string>;
}

/** An entry of `channels:` in ringdown.yaml. */
export interface ChannelSettings {
  name: string;
  type: string;
  /** A duration: when it has not taken a page for so long, whoever comes next is told. */
  deadline?: string;
  [key: string]: unknown;
}

/** What a folder under `alerts/notifiers/` exports as `channel`. */
export interface Channel<Settings extends ChannelSettings = ChannelSettings> {
  type: string;
  /** TypeBox schema of the settings: validates ringdown.yaml and becomes part of its published JSON Schema. */
  settings: import('typebox').TObject;
  /** Which events this channel wants; `incident.updated` only where a message can be edited or threaded. */
  events: readonly NotificationEvent[];
  /** What the schema cannot say of settings that fit it. */
  check?(settings: Settings): readonly ChannelProblem[];
  /** What the vendor takes, by account; absent where it names no limit. One account may serve several channels. */
  rateLimit?(settings: Settings): RateLimit;
  /** Reads what comes back from there; absent where nothing does. */
  answers?: AnswerReader<Settings>;
  /** A vCard of whom phones should let through at night; absent where nobody calls. */
  contactCard?(settings: Settings): string;
  create(settings: Settings, context: NotifierContext): Notifier;
}

/** Something wrong with an entry of `channels:`. `path` is below the entry. */
export interface ChannelProblem {
  path: readonly (string | number)[];
  message: string;
  hint?: string;
}

/** At most so many notifications a minute over all channels with the same key. The key is no secret: hash what is. */
export interface RateLimit {
  key: string;
  per_minute: number;
}

/** What somebody did where they were told: pressed a key, clicked a button, acknowledged at the vendor's. */
export interface ChannelAnswer {
  /**
   * One of the two names the incident. What a person typed is the beginning of the id, ten characters or more: it means
   * the one open incident whose id begins so.
   */
  incident_id: string | null;
  dedup_key: string | null;
  action:
    | 'acknowledge'
    /** Ends it though monitors may fail on: the person knows, or cannot be asked again. */
    | 'resolve'
    /** Ends it unless monitors still fail: then nothing changes and `still_failing` is not 0, so that a voice can say so. */
    | 'resolve_unless_failing'
    | 'escalate'
    /** For 30 minutes. */
    | 'silence'
    | 'note'
    | 'repeat'
    | 'delivered'
    | 'unanswered';
  /** The person, by the vendor's name for them; null where unknown, which is the channel's name then. */
  by: string | null;
  /** Who that is at the vendor, as `contacts` of a user may know it; null where nobody says. */
  contact: { vendor: string; id: string } | null;
  /** Of a note. */
  text: string | null;
  /** Of `delivered` and `unanswered`: the vendor's reference of the message or call. */
  provider_ref: string | null;
}

/** A request that came back, as alerts/inbound has it. */
export type AnswerRequest = import('./inbound/inbound.ts').InboundRequest;

/** How the app did what was asked; the vendor may want to hear it. */
export interface AnswerOutcome {
  answer: ChannelAnswer;
  /** As it is after the answer; null when no open incident is meant. */
  incident: Incident | null;
  /** Members that failed when somebody wanted to resolve; 0 for every other action. */
  still_failing: number;
  /** What would be told of it now, for whoever asks to hear it again; null when no open incident is meant. */
  page: Page | null;
  /** False: it counts, but could not be written down, so that a restart would forget it. Whoever did it is to know. */
  written: boolean;
}

export interface AnswerReply {
  content_type: string;
  body: string;
}

/** The way back of a channel: verified on raw bytes, in constant time. */
export interface AnswerReader<Settings extends ChannelSettings = ChannelSettings> {
  /** False where the settings lack what it takes to believe an answer, such as a signing secret. */
  configured(settings: Settings): boolean;
  /** @param now wall-clock milliseconds */
  verify(settings: Settings, request: AnswerRequest, now: number): import('./inbound/inbound.ts').Verified;
  /** Pure. Answers to act on; none where the request is of another kind. */
  read(settings: Settings, request: AnswerRequest): readonly ChannelAnswer[] | import('./inbound/inbound.ts').Refusal;
  /** What the vendor gets: TwiML, an edited message, or nothing, which is an error of ours where it was not written. */
  reply(settings: Settings, request: AnswerRequest, outcomes: readonly AnswerOutcome[]): AnswerReply | null;
}

export interface NotifierContext {
  /** Where the vendor sends answers of this channel, a path below public_url; null where it could not reach us. */
  answerUrl: string | null;
  /** Of whoever is reached here, as `on_call` says: `ko-KR`; null where it doesn't. */
  language: string | null;
  clock: import('../core/clock.ts').Clock;
  /** `ringdown/<version>`. */
  userAgent: string;
  /** Where the console channel writes. @returns false when nobody reads any more */
  print(text: string): boolean;
}
