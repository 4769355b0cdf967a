import type { TObject } from 'typebox';

/** A request as it came in. */
export interface InboundRequest {
  method: string;
  /** Path and query as sent. */
  url: string;
  /** The URL under which the sender knows us: public_url and `url`. Twilio signs it. */
  publicUrl: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  query: Readonly<Record<string, string>>;
  /** Before anything parsed it: signatures are over these bytes. */
  rawBody: Buffer;
}

/** One alert of another system. */
export interface InboundAlert {
  /** What the sender calls this alert, the same when it fires and when it resolves. */
  key: string;
  state: 'firing' | 'resolved';
  title: string;
  /** More about it, in plain text; null where the sender says no more. */
  text: string | null;
  /** As the sender says it: `critical`, `sev2`; null where it says none. The source's `severities` make a priority of it. */
  severity: string | null;
  service: string | null;
  environment: string | null;
  labels: Readonly<Record<string, string>>;
  /** Where it can be looked at. */
  url: string | null;
  runbook: string | null;
  /** RFC 3339; of the change, by the sender's clock. Null where the sender says none: the time of receipt. */
  at: string | null;
}

/** Why a request is not believed (401), or not understood (400). Never holds a secret. */
export type Refusal = { refused: 'unauthentic' | 'malformed'; reason: string };

export type Verified =
  /**
   * `replay_key`: the same key is not taken twice within 24 h; null where the vendor names none. `timeless`: nothing in
   * it says when it was sent, so it would be as good as new afterwards.
   */
  { verified: true; replay_key: string | null; timeless?: boolean } | Refusal;

/** Whether it is authentic cannot be told now: the sender is asked to try again (503). Never holds a secret. */
export type Undecided = { unavailable: string };

export type Parsed =
  | {
      alerts: readonly InboundAlert[];
      /** Entries that cannot be understood, with where and why: the others are taken all the same. */
      skipped?: readonly string[];
      /** Alerts that the sender left out of this payload. */
      truncated?: number;
    }
  /** The vendor wants to know that we are there: fetched once, if it may be. */
  | { confirm: { url: string } }
  | Refusal;

/** An entry of `inbound:` in ringdown.yaml. */
export interface InboundSettings {
  name: string;
  type: string;
  [key: string]: unknown;
}

/** What a folder under `alerts/inbound` exports as `inbound`. */
export interface InboundKind<Settings extends InboundSettings = InboundSettings> {
  type: string;
  settings: TObject;
  /** What no schema can say of an entry: one clause each, naming the key that it is about. */
  check(settings: Settings): readonly string[];
  /** Compares in constant time. May fetch a certificate, hence a promise. @param now wall-clock milliseconds */
  verify(settings: Settings, request: InboundRequest, now: number): Promise<Verified | Undecided>;
  /** Pure. Only of what was verified. Unknown fields are ignored. Never throws, whatever was sent. */
  parse(settings: Settings, request: InboundRequest, now: number): Parsed;
}
