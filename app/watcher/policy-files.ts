import type { Policy } from '../../alerts/policies/policy.ts';
import type { FileProblem, FilesState } from '../../control/resources.ts';
import type { Clock } from '../../core/clock.ts';
import type { PolicyPlace } from '../config/policy-places.ts';

/** The policies in force with where they stand, and what is wrong with the files that would replace them. */
export class PolicyFiles {
  readonly #clock: Clock;
  #policies: readonly Policy[];
  #places: ReadonlyMap<string, PolicyPlace>;
  #problems: readonly FileProblem[] = [];
  #readAt: number | null = null;

  constructor(clock: Clock, policies: readonly Policy[], places: ReadonlyMap<string, PolicyPlace>) {
    this.#clock = clock;
    this.#policies = policies;
    this.#places = places;
  }

  /** These are in force from now on; what was wrong is mended. */
  use(policies: readonly Policy[], places: ReadonlyMap<string, PolicyPlace>): void {
    this.#policies = policies;
    this.#places = places;
    this.#problems = [];
    this.#readAt = this.#clock.now();
  }

  /** Files were read that cannot be taken over: all go on as they were. */
  refuse(problems: readonly FileProblem[]): void {
    this.#problems = problems;
    this.#readAt = this.#clock.now();
  }

  policies(): readonly Policy[] {
    return this.#policies;
  }

  places(): ReadonlyMap<string, PolicyPlace> {
    return this.#places;
  }

  state(): FilesState {
    return {
      problems: [...this.#problems],
      read_at: this.#readAt === null ? null : new Date(this.#readAt).toISOString(),
    };
  }
}
