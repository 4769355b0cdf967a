import type { Attributes } from '../../../telemetry.ts';
import { Interner } from '../interner.ts';
import type { RowBuffer } from '../row-buffer.ts';
import { clampNs, text, toJson } from '../values.ts';

export interface Resource {
  id: number;
  service: string;
  version: string;
}

/** The first free number of each table of names, as the partition's file has it. */
export interface NextIds {
  resources: number;
  span_groups: number;
  span_shapes: number;
  log_shapes: number;
  series: number;
}

const MOST_KNOWN = 50_000;
/** A sender that makes up a version per request must not fill the memory. */
const MOST_VERSIONS = 10_000;

/** Numbers for resources, and when each version of a service was first seen. */
export class Dictionary {
  readonly #resources: Interner;
  readonly #known = new Map<number, Resource>();
  #byObject = new WeakMap<Attributes, Resource>();
  /** `service\0version` → nanoseconds. */
  readonly versions: Map<string, bigint>;

  constructor(next: number, versions: Map<string, bigint>) {
    this.#resources = new Interner(next);
    this.versions = versions;
  }

  resource(attributes: Attributes, seenNs: bigint, rows: { resources: RowBuffer; versions: RowBuffer }): Resource {
    // A decoder hands one object to all items of a resource, so most look-ups end here.
    const seen = this.#byObject.get(attributes);
    if (seen) return seen;
    const service = text(attributes['service.name']);
    const version = text(attributes['service.version']);
    const json = toJson(attributes);
    const id = this.#resources.intern(json, (created) => rows.resources.push([created, service, version, json]));
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    const resource = this.#known.get(id) ?? { id, service, version };
    this.#known.set(id, resource);
    this.#byObject.set(attributes, resource);
    const key = `${service}\0${version}`;
    if (version !== '' && !this.versions.has(key) && this.versions.size < MOST_VERSIONS) {
      const firstNs = clampNs(seenNs);
      this.versions.set(key, firstNs);
      rows.versions.push([service, version, firstNs]);
    }
    return resource;
  }

  /** After a rollback. */
  forget(versions: Map<string, bigint>): void {
    this.#resources.forget();
    this.#known.clear();
    this.#byObject = new WeakMap();
    this.versions.clear();
    for (const [key, ns] of versions) this.versions.set(key, ns);
  }
}
