import type { Signal } from '../../../exporter.ts';
import type { Attributes, AttributeValue } from '../../../telemetry.ts';
import { streamName } from '../stream-name.ts';
import { literal, stringify } from './json-bytes.ts';

/** What all items of one resource and scope are written with. */
export interface Origin {
  /** `{"create":{"_index":"…","_id":"` */
  action: Uint8Array;
  /** `"service.name":"…",…,"resource":{…}` without a comma at the end. */
  fields: Uint8Array;
  service: string;
}

const MOST_ORIGINS = 1_000;
/**
 * Each service of an environment has three streams, a shard each at least, and a cluster takes 1,000 shards per node
 * (`cluster.max_shards_per_node`): names in the data must not use them up for everybody. What comes on top shares streams.
 */
const MOST_OWNERS = 200;
const REST = '_others';

/** Makes the parts of a document that its resource decides, once for each resource. Bounded: a full table is begun anew. */
export class Origins {
  readonly #prefix: string;
  readonly #known = new Map<string, Origin>();
  readonly #owners = new Set<string>();
  #lastResource: Attributes | undefined;
  #lastScope = '';
  #last: Origin | undefined;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  of(signal: Signal, resource: Attributes, scopeName: string): Origin {
    // Items of one resource follow each other and share the object.
    if (resource === this.#lastResource && scopeName === this.#lastScope) return this.#last!;
    const key = `${signal} ${scopeName}\0${stringify(resource)}`;
    let origin = this.#known.get(key);
    if (!origin) {
      if (this.#known.size >= MOST_ORIGINS) this.#known.clear();
      origin = this.#make(signal, resource, scopeName);
      this.#known.set(key, origin);
    }
    this.#lastResource = resource;
    this.#lastScope = scopeName;
    this.#last = origin;
    return origin;
  }

  #make(signal: Signal, resource: Attributes, scopeName: string): Origin {
    const service = textOf(resource['service.name']) || 'unknown_service';
    const environment = textOf(resource['deployment.environment.name']) || 'default';
    const version = textOf(resource['service.version']);
    const fields = {
      'service.name': service,
      ...(version === '' ? {} : { 'service.version': version }),
      'service.environment': environment,
      ...(scopeName === '' ? {} : { 'scope.name': scopeName }),
      ...(Object.keys(resource).length === 0 ? {} : { resource }),
    };
    const stream = this.#streamOf(signal, service, environment);
    return {
      action: literal(`{"create":{"_index":${JSON.stringify(stream)},"_id":"`),
      fields: literal(stringify(fields).slice(1, -1)),
      service,
    };
  }

  #streamOf(signal: Signal, service: string, environment: string): string {
    const owner = streamName('traces', this.#prefix, service, environment);
    if (!this.#owners.has(owner) && this.#owners.size >= MOST_OWNERS)
      return streamName(signal, this.#prefix, REST, REST);
    this.#owners.add(owner);
    return streamName(signal, this.#prefix, service, environment);
  }
}

function textOf(value: AttributeValue | undefined): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : stringify(value);
}
