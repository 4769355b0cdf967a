import type { Component } from '../core/component.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Incident, NotificationEvent } from './incident.ts';

/** What a channel is asked to say. `dedup_key` and `delivery_id` make retries idempotent where the vendor allows it. */
export interface Notification {
  delivery_id: string;
  dedup_key: string;
  event: NotificationEvent;
  incident: Incident;
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
  [key: string]: unknown;
}

/** What a folder under `alerts/notifiers/` exports as `channel`. */
export interface Channel<Settings extends ChannelSettings = ChannelSettings> {
  type: string;
  /** TypeBox schema of the settings: validates ringdown.yaml and becomes part of its published JSON Schema. */
  settings: import('typebox').TObject;
  /** Which events this channel wants; `incident.updated` only where a message can be edited or threaded. */
  events: readonly NotificationEvent[];
  create(settings: Settings, context: NotifierContext): Notifier;
}

export interface NotifierContext {
  clock: import('../core/clock.ts').Clock;
  /** `ringdown/<version>`. */
  userAgent: string;
  /** Where the console channel writes. @returns false when nobody reads any more */
  print(text: string): boolean;
}
