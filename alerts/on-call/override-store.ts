/** An override that was added while the watcher runs, as it is kept. Times are RFC 3339, UTC. */
export interface StoredOverride {
  id: string;
  schedule: string;
  users: readonly string[];
  starts_at: string;
  ends_at: string;
  created_by: string;
  created_at: string;
}

/** Where overrides are kept; implemented by storage. Every method rejects when the database does not answer. */
export interface OverrideStore {
  /** Those that end after, in the order in which they were created. */
  list(endingAfter: string): Promise<StoredOverride[]>;
  /** One with the same id is replaced. */
  put(override: StoredOverride): Promise<void>;
  remove(id: string): Promise<void>;
  /** Deletes those that ended before that time (RFC 3339, UTC). @returns how many went */
  prune(endedBefore: string): Promise<number>;
}
