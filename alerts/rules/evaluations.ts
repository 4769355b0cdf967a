import type { InstanceStatus } from './watch.ts';

/** What one evaluation came to, over all instances of the rule. */
export interface Evaluation {
  /** RFC 3339. */
  at: string;
  /** The worst of its instances; `unasked`: the source could not be asked, which says nothing of the service. */
  state: InstanceStatus['state'] | 'unasked';
  /** Of the worst instance, with its unit; null without data. */
  value: string | null;
}

/** So many evaluations of a rule are remembered, in memory alone. */
export const EVALUATIONS_KEPT = 36;

/** Worst first: what fires, what is about to, what nobody can say anything of, what is well. */
export const INSTANCE_STATES = [
  'firing',
  'pending',
  'no_data',
  'inactive',
] as const satisfies InstanceStatus['state'][];

/** The last evaluations of a rule, and whether the newest one found it otherwise than the one before. */
export class Evaluations {
  /** Newest first. */
  #kept: readonly Evaluation[] = [];
  #before = '';

  /** @returns whether other instances, or others than before, are in each state */
  add(instances: readonly InstanceStatus[], asked: boolean, wall: number): boolean {
    const states = instances.map(({ monitor, state }) => `${state} ${monitor}`).sort();
    const worst = worstOf(instances);
    const entry: Evaluation = {
      at: new Date(wall).toISOString(),
      state: asked ? (worst?.state ?? 'no_data') : 'unasked',
      value: worst?.value ?? null,
    };
    this.#kept = [entry, ...this.#kept].slice(0, EVALUATIONS_KEPT);
    const now = `${asked}\n${states.join('\n')}`;
    const changed = now !== this.#before;
    this.#before = now;
    return changed;
  }

  list(): readonly Evaluation[] {
    return this.#kept;
  }
}

/** The instance that matters most: the worst state, and the longest in it. Undefined where there is none. */
export function worstOf<One extends Pick<InstanceStatus, 'state' | 'since'>>(
  instances: readonly One[],
): One | undefined {
  let worst: One | undefined;
  for (const one of instances) if (!worst || compareInstances(one, worst) < 0) worst = one;
  return worst;
}

/** Order of instances: worst state first, then the longest in it. */
export function compareInstances(
  a: Pick<InstanceStatus, 'state' | 'since'>,
  b: Pick<InstanceStatus, 'state' | 'since'>,
): number {
  return INSTANCE_STATES.indexOf(a.state) - INSTANCE_STATES.indexOf(b.state) || a.since.localeCompare(b.since);
}
