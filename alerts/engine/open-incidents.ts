import type { Incident } from '../incident.ts';

/** Open incidents by their labels: whoever looks for those with `environment=production` need not see all the others. */
export class OpenIncidents {
  readonly ids = new Set<string>();
  readonly #byLabel = new Map<string, Set<string>>();

  /** The incident is now as `after` says; `before` is what it was, if it was known. */
  replace(before: Incident | undefined, after: Incident): void {
    const open = after.state !== 'resolved';
    if (before && open === this.ids.has(before.id) && before.labels === after.labels) return;
    if (before) this.#remove(before);
    if (!open) return;
    this.ids.add(after.id);
    for (const pair of pairsOf(after.labels)) {
      const ids = this.#byLabel.get(pair) ?? new Set();
      this.#byLabel.set(pair, ids.add(after.id));
    }
  }

  /** Ids of a superset of those that have all these labels: of the ones with the rarest of them. */
  withAll(labels: Readonly<Record<string, string>>): Iterable<string> {
    let rarest: ReadonlySet<string> = this.ids;
    for (const pair of pairsOf(labels)) {
      const ids = this.#byLabel.get(pair);
      if (!ids) return [];
      if (ids.size < rarest.size) rarest = ids;
    }
    return rarest;
  }

  #remove(incident: Incident): void {
    this.ids.delete(incident.id);
    for (const pair of pairsOf(incident.labels)) {
      const ids = this.#byLabel.get(pair);
      ids?.delete(incident.id);
      if (ids?.size === 0) this.#byLabel.delete(pair);
    }
  }
}

/** A label that is not there counts as empty, so an empty value is no help in finding anybody. */
function pairsOf(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).flatMap(([label, value]) => (value === '' ? [] : [JSON.stringify([label, value])]));
}
