import type { DecodedLog } from '../../otlp/index.ts';
import type { Attributes } from '../../telemetry.ts';
import type { ReadEvent } from './event-fields.ts';
import { readJsonEvent } from './parse-json.ts';
import { readTextEvent } from './parse-text.ts';

export interface FetchedEvent {
  eventId: string;
  /** Unix milliseconds. */
  timestamp: number;
  message: string;
  logStreamName: string;
}

export interface EventDefaults {
  service: string;
  environment: string | undefined;
  logGroup: string;
  region: string;
}

/** Turns events into log records. Resources are shared, so that records of one service stand together. */
export class EventParser {
  readonly #defaults: EventDefaults;
  readonly #resources = new Map<string, Attributes>();

  constructor(defaults: EventDefaults) {
    this.#defaults = defaults;
  }

  /** An event that cannot be read as anything is a record of its text: nothing is left out. */
  parse(event: FetchedEvent): DecodedLog {
    const read = readJsonEvent(event.message) ?? readTextEvent(event.message);
    return {
      timeNs: read.timeNs ?? BigInt(Math.max(0, Math.floor(event.timestamp))) * 1_000_000n,
      severityNumber: read.severityNumber ?? 0,
      severityText: read.severityText ?? '',
      body: read.body,
      traceId: read.traceId ?? '',
      spanId: read.spanId ?? '',
      attributes: {
        ...read.attributes,
        'log.record.uid': event.eventId,
        'aws.log.stream.names': [event.logStreamName],
      },
      resource: this.#resourceOf(read),
      eventName: '',
      scopeName: '',
    };
  }

  #resourceOf(read: ReadEvent): Attributes {
    const service = read.service ?? this.#defaults.service;
    const environment = read.environment ?? this.#defaults.environment;
    const key = JSON.stringify([service, read.version, environment]);
    let resource = this.#resources.get(key);
    if (!resource) {
      resource = {
        'service.name': service,
        ...(read.version === undefined ? {} : { 'service.version': read.version }),
        ...(environment === undefined ? {} : { 'deployment.environment.name': environment }),
        'cloud.provider': 'aws',
        'cloud.region': this.#defaults.region,
        'aws.log.group.names': [this.#defaults.logGroup],
      };
      // Names come from the events: what they hold must not grow without end.
      if (this.#resources.size > 1_000) this.#resources.clear();
      this.#resources.set(key, resource);
    }
    return resource;
  }
}
