import { randomUUID } from 'node:crypto';
import type { Clock, Instant } from '../../core/clock.ts';
import { suggestion } from '../../core/document/index.ts';
import { writeCalendar } from './calendar.ts';
import { readMoment } from './moment.ts';
import type { OnCall, Override, Schedule, Shift } from './on-call.ts';
import type { OverrideStore, StoredOverride } from './override-store.ts';
import { nowAndNext, type OnCallNow, shifts } from './shifts.ts';
import { type ResolveTarget, resolveTarget } from './targets.ts';
import { type NameRecipient, nameRecipient } from './words.ts';

const DAY_MS = 86_400_000;
/** Overrides that ended earlier are forgotten, and so is who was on call then. */
const REMEMBERED_MS = 400 * DAY_MS;
const LONGEST_OVERRIDE_MS = 366 * DAY_MS;
const MOST_OVERRIDES = 1_000;
const FEED_PAST_MS = 30 * DAY_MS;
const FEED_AHEAD_MS = 180 * DAY_MS;

export interface NewOverride {
  /** Keys of users. */
  users: readonly string[];
  /** RFC 3339, or a local time of the schedule's zone. */
  from: string;
  to: string;
  created_by: string;
}

/** What cannot be done, and why, for people. */
export interface OverrideRefusal {
  readonly refused: 'unknown_schedule' | 'invalid' | 'not_ours' | 'unknown_override';
  readonly reason: string;
}

/** Who is on call, with the overrides that people add while the watcher runs. */
export interface OnCallBook {
  /** Reads the overrides; until then there are those of the config alone. Rejects when the store does. */
  load(): Promise<void>;
  onCall(): OnCall;
  readonly resolve: ResolveTarget;
  readonly nameOf: NameRecipient;
  now(schedule: Schedule): OnCallNow;
  shifts(schedule: Schedule, from: Instant, until: Instant): Shift[];
  /** Resolves when it is on disk. The one added last stands over those before. */
  addOverride(schedule: string, entry: NewOverride): Promise<Override | OverrideRefusal>;
  /** One that has begun ends now; what has been stays. */
  removeOverride(schedule: string, id: string): Promise<Override | OverrideRefusal>;
  /** iCalendar of the last month and the next six; undefined when there is no such schedule. */
  calendarOf(schedule: string): string | undefined;
  /** The same of one person, over all schedules. */
  calendarOfUser(user: string): string | undefined;
}

/** @param written what the config says: `parseOnCall` */
export function createOnCall(written: OnCall, clock: Clock, store: OverrideStore): OnCallBook {
  let stored: StoredOverride[] = [];
  let changedAt = clock.now();
  let current = written;

  function remember(next: StoredOverride[]): void {
    stored = next;
    changedAt = clock.now();
    const added = Map.groupBy(
      stored.flatMap((row) => toOverride(row, written)),
      ({ schedule }) => schedule,
    );
    const schedules = [...written.schedules].map(([key, schedule]): [string, Schedule] => {
      const own = (added.get(key) ?? []).map(({ override }) => override);
      return [key, own.length > 0 ? { ...schedule, overrides: [...schedule.overrides, ...own] } : schedule];
    });
    current = { users: written.users, schedules: new Map(schedules) };
  }

  const feed = (title: string, of: readonly Schedule[], user?: string) =>
    writeCalendar(current, of, {
      title,
      from: clock.now() - FEED_PAST_MS,
      until: clock.now() + FEED_AHEAD_MS,
      changedAt,
      ...(user === undefined ? {} : { user }),
    });

  return {
    onCall: () => current,
    resolve: resolveTarget(() => current),
    nameOf: nameRecipient(() => current),
    now: (schedule) => nowAndNext(schedule, clock.now()),
    shifts,

    async load() {
      const read = await store.list(new Date(clock.now() - REMEMBERED_MS).toISOString());
      // What was added while the store was read may not be among it.
      const since = stored.filter(({ id }) => !read.some((row) => row.id === id));
      remember([...read, ...since]);
    },

    async addOverride(key, entry) {
      const schedule = current.schedules.get(key);
      if (!schedule) return unknownSchedule(key, current);
      const checked = check(entry, schedule, current, clock.now());
      if ('refused' in checked) return checked;
      const row: StoredOverride = {
        id: randomUUID(),
        schedule: key,
        users: entry.users,
        starts_at: new Date(checked.from).toISOString(),
        ends_at: new Date(checked.until).toISOString(),
        created_by: entry.created_by,
        created_at: new Date(clock.now()).toISOString(),
      };
      await store.put(row);
      remember([...stored, row]);
      return toOverride(row, written)[0]!.override;
    },

    async removeOverride(key, id) {
      const schedule = current.schedules.get(key);
      if (!schedule) return unknownSchedule(key, current);
      const override = schedule.overrides.find((one) => one.id === id);
      if (!override) return { refused: 'unknown_override', reason: `override ${id} does not exist` };
      if (override.source === 'config')
        return { refused: 'not_ours', reason: 'it stands in ringdown.yaml: remove it there' };
      const now = clock.now();
      if (override.until <= now) return { refused: 'invalid', reason: 'it has ended already' };
      const row = stored.find((one) => one.id === id)!;
      if (override.from >= now) {
        await store.remove(id);
        remember(stored.filter((one) => one.id !== id));
        return override;
      }
      const ended = { ...row, ends_at: new Date(now).toISOString() };
      await store.put(ended);
      remember(stored.map((one) => (one.id === id ? ended : one)));
      return { ...override, until: now };
    },

    calendarOf(key) {
      const schedule = current.schedules.get(key);
      return schedule && feed(`On call: ${schedule.name}`, [schedule]);
    },
    calendarOfUser(key) {
      const user = current.users.get(key);
      return user && feed(`On call: ${user.name}`, [...current.schedules.values()], key);
    },
  };
}

/** Of people and schedules that are still there: an override that nobody stands behind must not leave a gap. */
function toOverride(row: StoredOverride, { users, schedules }: OnCall): { schedule: string; override: Override }[] {
  const known = row.users.filter((key) => users.has(key));
  if (known.length === 0 || !schedules.has(row.schedule)) return [];
  const { id, schedule, starts_at, ends_at, created_by } = row;
  const [from, until] = [Date.parse(starts_at), Date.parse(ends_at)];
  return [{ schedule, override: { id, users: known, from, until, source: 'api', created_by } }];
}

function check(
  { users, from, to }: NewOverride,
  schedule: Schedule,
  onCall: OnCall,
  now: Instant,
): { from: Instant; until: Instant } | OverrideRefusal {
  const invalid = (reason: string): OverrideRefusal => ({ refused: 'invalid', reason });
  const stranger = users.find((key) => !onCall.users.has(key));
  if (stranger !== undefined)
    return invalid(
      `unknown user "${stranger}"; ${suggestion(stranger, onCall.users.keys()) ?? 'ringdown.yaml names them'}`,
    );
  const deaf = users.find((key) => {
    const { notify, otherwise } = onCall.users.get(key)!;
    return notify.length + otherwise.length === 0;
  });
  if (users.length === 0) return invalid('it names nobody');
  if (deaf !== undefined) return invalid(`${deaf} could not be told: ringdown.yaml has no \`notify\` for this user`);
  const [begins, ends] = [readMoment(from, schedule.timezone), readMoment(to, schedule.timezone)];
  const wrong = begins === undefined ? 'from' : ends === undefined ? 'to' : undefined;
  if (wrong)
    return invalid(`${wrong} must be a time such as 2026-12-24T09:00 (${schedule.timezone}) or 2026-12-24T09:00:00Z`);
  if (ends! <= begins!) return invalid('it must end after it begins');
  if (ends! <= now) return invalid('it lies in the past');
  if (ends! - begins! > LONGEST_OVERRIDE_MS)
    return invalid('it is longer than a year: that is a rotation, in ringdown.yaml');
  const standing = schedule.overrides.filter(({ until }) => until > now).length;
  if (standing >= MOST_OVERRIDES) return invalid(`${schedule.key} has ${MOST_OVERRIDES} overrides: write a rotation`);
  return { from: begins!, until: ends! };
}

function unknownSchedule(key: string, { schedules }: OnCall): OverrideRefusal {
  const hint = suggestion(key, schedules.keys());
  return { refused: 'unknown_schedule', reason: `there is no schedule "${key}"${hint ? `; ${hint}` : ''}` };
}
