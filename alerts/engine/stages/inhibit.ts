import type { Inhibition, Policy } from '../../policies/policy.ts';
import { hasAll, labelOf } from '../../silences/matching.ts';
import type { Draft, Surroundings } from '../draft.ts';
import type { TrackedIncident } from '../state.ts';
import type { HoldingStage } from './stage.ts';

type Labels = Readonly<Record<string, string>>;

export const inhibit: HoldingStage = {
  name: 'inhibit',
  timed: false,
  passes: 'no open incident inhibits it',
  hold(row, draft, around) {
    const by = inhibitorOf(row, draft, around);
    return by && { reason: `inhibited by: ${by.incident.title}`, until: null, by: by.incident.id };
  },
};

/** The open incident on account of which nobody is told of this one. The one that did before goes on to. */
export function inhibitorOf(row: TrackedIncident, draft: Draft, around: Surroundings): TrackedIncident | null {
  const { labels } = row.incident;
  for (const inhibition of concerning(around.policies).held.of(labels)) {
    const holds = (other: TrackedIncident | undefined): other is TrackedIncident =>
      other !== undefined &&
      other.incident.id !== row.incident.id &&
      inhibits(other) &&
      isUnder(inhibition, other.incident.labels, labels) &&
      !isInhibitedBy(other, row, draft);
    const before = row.inhibited_by === null ? undefined : draft.incident(row.inhibited_by);
    if (holds(before)) return before;
    const opened = draft.opened.find(holds);
    if (opened) return opened;
    for (const id of draft.before.open.withAll({ ...inhibition.when, ...valuesOf(inhibition.equal, labels) })) {
      const other = draft.incident(id);
      if (holds(other)) return other;
    }
  }
  return null;
}

/** What waits for the end of quiet hours has told nobody, so it holds nobody back. */
export function inhibits(row: TrackedIncident): boolean {
  return row.incident.state !== 'resolved' && row.incident.held?.stage !== 'quiet_hours';
}

/**
 * Ids of open incidents, before this change, that an incident with these labels may hold back.
 * @param newcomer its id when it has just begun to: what another one holds back already need not be looked at
 */
export function* inhibitedBy(
  labels: Labels,
  newcomer: string | null,
  draft: Draft,
  around: Surroundings,
): Generator<string> {
  for (const inhibition of concerning(around.policies).holding.of(labels)) {
    const shared = valuesOf(inhibition.equal, labels);
    if (newcomer !== null && isInForce(inhibition, labels, shared, newcomer, draft)) continue;
    for (const id of draft.before.open.withAll({ ...inhibition.hold, ...shared })) {
      const other = draft.incident(id)?.incident.labels;
      if (other && hasAll(inhibition.hold, other) && isUnder(inhibition, labels, other)) yield id;
    }
  }
}

function isInForce(inhibition: Inhibition, labels: Labels, shared: Labels, newcomer: string, draft: Draft): boolean {
  for (const id of draft.before.open.withAll({ ...inhibition.when, ...shared })) {
    const other = id === newcomer ? undefined : draft.incident(id);
    if (other && inhibits(other) && isUnder(inhibition, other.incident.labels, labels)) return true;
  }
  return false;
}

/** Inhibitions by a label that one side of theirs must have: of a hundred hardly one concerns an incident. */
class Sides {
  readonly #inhibitions: readonly Inhibition[];
  readonly #side: 'hold' | 'when';
  readonly #byPair = new Map<string, number[]>();
  /** Those whose side says of no label that it must be there. */
  readonly #any: number[] = [];

  constructor(inhibitions: readonly Inhibition[], side: 'hold' | 'when') {
    this.#inhibitions = inhibitions;
    this.#side = side;
    for (const [number, inhibition] of inhibitions.entries()) {
      const pair = Object.entries(inhibition[side]).find(([, value]) => value !== '');
      const key = pair && keyOf(...pair);
      const known = key === undefined ? this.#any : this.#byPair.get(key);
      if (known) known.push(number);
      else this.#byPair.set(key!, [number]);
    }
  }

  /** In the order in which they were written. */
  of(labels: Labels): Inhibition[] {
    if (this.#inhibitions.length === 0) return [];
    const numbers = [...this.#any];
    for (const label in labels) numbers.push(...(this.#byPair.get(keyOf(label, labels[label]!)) ?? []));
    if (numbers.length > 1) numbers.sort((a, b) => a - b);
    return numbers
      .map((number) => this.#inhibitions[number]!)
      .filter((inhibition) => hasAll(inhibition[this.#side], labels));
  }
}

function keyOf(label: string, value: string): string {
  return `${label}\u0000${value}`;
}

interface Concerning {
  /** Under which an incident with these labels may be held back. */
  held: Sides;
  /** Under which it may hold back others. */
  holding: Sides;
}

/** Kept by the policies and not by the incident: ten thousand weak entries are what a garbage collector is slow about. */
const known = new WeakMap<readonly Policy[], Concerning>();

/** Of all policies: an incident of one may hold back those of another. */
function concerning(policies: readonly Policy[]): Concerning {
  const before = known.get(policies);
  if (before) return before;
  const all = policies.flatMap(({ inhibit }) => inhibit);
  const found = { held: new Sides(all, 'hold'), holding: new Sides(all, 'when') };
  known.set(policies, found);
  return found;
}

function isUnder(inhibition: Inhibition, source: Labels, target: Labels): boolean {
  return (
    hasAll(inhibition.when, source) &&
    inhibition.equal.every((label) => labelOf(source, label) === labelOf(target, label))
  );
}

/** Two that would hold each other back would both be lost: the one that is held already holds nobody of its own. */
function isInhibitedBy(row: TrackedIncident, target: TrackedIncident, draft: Draft): boolean {
  const seen = new Set<string>();
  for (let by = row.inhibited_by; by !== null && !seen.has(by); by = draft.incident(by)?.inhibited_by ?? null) {
    if (by === target.incident.id) return true;
    seen.add(by);
  }
  return false;
}

function valuesOf(labels: readonly string[], of: Labels): Record<string, string> {
  return Object.fromEntries(labels.map((label) => [label, labelOf(of, label)]));
}
