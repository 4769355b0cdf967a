import type { OnCallFile, WrittenOverride, WrittenSchedule, WrittenUser } from '../schema.ts';

/** What another tool's schedules are here. */
export interface ImportedOnCall {
  /** The value of `on_call:`; users have no `notify` unless a channel was given. */
  onCall: OnCallFile;
  /** What could not be carried over, a sentence each, beginning with the schedule it is about. */
  notCarried: string[];
}

export interface ImportOptions {
  /** Wall-clock milliseconds: what ended before is left out. */
  at: number;
  /** Channel by which everyone is told at first. */
  channel?: string;
}

/** An on_call section that grows while documents are read. */
export class Draft {
  readonly notCarried: string[] = [];
  readonly #users = new Map<string, { key: string; user: WrittenUser }>();
  readonly #schedules = new Map<string, WrittenSchedule>();
  readonly #vendor: string;
  readonly #options: ImportOptions;

  constructor(vendor: string, options: ImportOptions) {
    this.#vendor = vendor;
    this.#options = options;
  }

  /** @returns the key of a person, the same for the same id */
  user(id: string, name: string): string {
    const known = this.#users.get(id);
    if (known) return known.key;
    const key = freeKey(name || id, new Set([...this.#users.values()].map((entry) => entry.key)));
    const { channel } = this.#options;
    this.#users.set(id, {
      key,
      user: { name: name || id, contacts: { [this.#vendor]: id }, notify: channel === undefined ? [] : [{ channel }] },
    });
    return key;
  }

  schedule(name: string, schedule: WrittenSchedule): void {
    this.#schedules.set(freeKey(name, new Set(this.#schedules.keys())), schedule);
  }

  leaveOut(what: string): undefined {
    if (!this.notCarried.includes(what)) this.notCarried.push(what);
  }

  result(): ImportedOnCall {
    if (this.#options.channel === undefined && this.#users.size > 0)
      this.leaveOut('how people are told: give each user a list `notify`');
    return {
      onCall: {
        users: Object.fromEntries([...this.#users.values()].map(({ key, user }) => [key, user])),
        schedules: Object.fromEntries(this.#schedules),
      },
      notCarried: this.notCarried,
    };
  }
}

/** Those that do not overlap one before them: a config takes no others. */
export function apart<Entry extends { begins: number; ends: number; written: WrittenOverride }>(
  overrides: readonly Entry[],
  onOverlap: (entry: Entry) => void,
): WrittenOverride[] {
  const kept: Entry[] = [];
  for (const entry of overrides) {
    if (kept.some(({ begins, ends }) => begins < entry.ends && entry.begins < ends)) onOverlap(entry);
    else kept.push(entry);
  }
  return kept.map(({ written }) => written);
}

/** As `every` is written. */
export function turnLength(hours: number): string {
  if (hours % (7 * 24) === 0) return `${hours / (7 * 24)}w`;
  return hours % 24 === 0 ? `${hours / 24}d` : `${hours}h`;
}

export function unused(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} (${number})`;
  taken.add(free);
  return free;
}

function freeKey(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 56);
  const base = plain || 'imported';
  let key = base;
  for (let number = 2; taken.has(key); number++) key = `${base}-${number}`;
  return key;
}
