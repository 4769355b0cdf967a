import { causeTraits } from './cause.ts';
import { serviceKey } from './keys.ts';
import { addTo, removeFrom } from './monitor-index.ts';
import type { TrackedIncident } from './state.ts';

type Labels = Readonly<Record<string, string>>;

/** Open incidents by what decisions ask of them, so that nobody has to look through thousands. Derived from their rows. */
export class OpenIncidents {
  readonly ids = new Set<string>();
  readonly #byLabel = new Map<string, Set<string>>();
  readonly #byTrait = new Map<string, Set<string>>();
  readonly #inhibited = new Map<string, Set<string>>();
  readonly #members = new Map<string, Set<string>>();

  /** The incident is now as `after` says; `before` is what it was, if it was known. */
  replace(before: TrackedIncident | undefined, after: TrackedIncident): void {
    const was = before !== undefined && this.ids.has(before.incident.id) ? before : null;
    const is = after.incident.state === 'resolved' ? null : after;
    const { id } = after.incident;
    if (is) this.ids.add(id);
    else this.ids.delete(id);
    if (was?.incident.labels !== is?.incident.labels) {
      for (const pair of pairsOf(was?.incident.labels)) removeFrom(this.#byLabel, pair, id);
      for (const pair of pairsOf(is?.incident.labels)) addTo(this.#byLabel, pair, id);
    }
    if (was?.causes !== is?.causes) {
      for (const trait of traitsOf(was)) removeFrom(this.#byTrait, trait, id);
      for (const trait of traitsOf(is)) addTo(this.#byTrait, trait, id);
    }
    if (was?.inhibited_by !== is?.inhibited_by) {
      if (was?.inhibited_by) removeFrom(this.#inhibited, was.inhibited_by, id);
      if (is?.inhibited_by) addTo(this.#inhibited, is.inhibited_by, id);
    }
    if (!is) this.#members.delete(id);
    else if (!was) this.#members.set(id, new Set(is.incident.monitors));
  }

  join(id: string, monitor: string): void {
    this.#members.get(id)?.add(monitor);
  }

  /** Whether the monitor ever joined an incident that is open. */
  hasMember(id: string, monitor: string): boolean {
    return this.#members.get(id)?.has(monitor) ?? false;
  }

  /** Ids of a superset of those that have all these labels: of the ones with the rarest of them. */
  withAll(labels: Labels): Iterable<string> {
    let rarest: ReadonlySet<string> = this.ids;
    for (const pair of pairsOf(labels)) {
      const ids = this.#byLabel.get(pair);
      if (!ids) return [];
      if (ids.size < rarest.size) rarest = ids;
    }
    return rarest;
  }

  /** Ids of those of a service and environment with a cause, or with a trait that causes have in common. */
  withTrait(service: string, trait: string): Iterable<string> {
    return this.#byTrait.get(traitKey(service, trait)) ?? [];
  }

  /** Ids of those that are held back by this one. */
  inhibitedBy(id: string): Iterable<string> {
    return this.#inhibited.get(id) ?? [];
  }
}

/** A label that is not there counts as empty, so an empty value is no help in finding anybody. */
function pairsOf(labels: Labels | undefined): string[] {
  return Object.entries(labels ?? {}).flatMap(([label, value]) =>
    value === '' ? [] : [JSON.stringify([label, value])],
  );
}

function traitsOf(row: TrackedIncident | null): string[] {
  if (!row) return [];
  const service = serviceKey(row.incident);
  const traits = new Set(row.causes.flatMap(causeTraits)).add(`source ${row.incident.source}`);
  return [...traits].map((trait) => traitKey(service, trait));
}

function traitKey(service: string, trait: string): string {
  return JSON.stringify([service, trait]);
}
