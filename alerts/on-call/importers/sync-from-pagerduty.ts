import { api } from '@pagerduty/pdjs';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Clock } from '../../../core/clock.ts';
import { toError } from '../../../core/errors.ts';
import { readOnCall } from '../read.ts';
import { whoIsOnCall } from '../shifts.ts';
import type { ImportedOnCall } from './imported.ts';
import { importPagerDuty, PagerDutySchedule } from './pagerduty.ts';

const DAY_MS = 86_400_000;
/** Overrides are read so far ahead: PagerDuty takes longer questions badly. */
const OVERRIDES_AHEAD_MS = 180 * DAY_MS;
const PAGE_SIZE = 100;
/** A server that always has a further page is broken. */
const MOST_PAGES = 100;

export interface PagerDutyAccess {
  /** A REST API key, read-only is enough. */
  token: string;
  /** `https://api.pagerduty.com`, or a stand-in for it. */
  url: string;
  clock: Clock;
  /** Only these, by id or name; all when empty. */
  only: readonly string[];
  /** Channel by which everyone is told at first. */
  channel?: string;
}

export interface SyncedOnCall extends ImportedOnCall {
  /** Where PagerDuty says that other people are on call now than what was imported says: a sentence each. */
  differences: string[];
}

const Listed = Type.Object({ schedules: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })) });
const One = Type.Object({ schedule: PagerDutySchedule });
const Overrides = Type.Object({ overrides: Type.Array(Type.Unknown()) });
const OnCalls = Type.Object({
  oncalls: Type.Array(
    Type.Object({
      user: Type.Object({ id: Type.String() }),
      schedule: Type.Union([Type.Object({ id: Type.String() }), Type.Null()]),
    }),
  ),
});

/**
 * Reads schedules and their overrides over PagerDuty's REST API, and asks it who is on call now, to compare.
 * Failures of the network, of the key and of answers of another shape are values.
 */
export async function syncFromPagerDuty(
  access: PagerDutyAccess,
  abort: AbortSignal,
): Promise<SyncedOnCall | { error: Error }> {
  try {
    return await read(access, abort);
  } catch (thrown) {
    return { error: toError(thrown) };
  }
}

async function read(access: PagerDutyAccess, abort: AbortSignal): Promise<SyncedOnCall> {
  const { only, clock, channel } = access;
  const at = clock.now();
  const ask = asker(access, abort);
  const listed = (await ask.all('/schedules', {}, Listed)).flatMap(({ schedules }) => schedules);
  const chosen = listed.filter(({ id, name }) => only.length === 0 || only.includes(id) || only.includes(name));
  const missing = only.filter((wanted) => !listed.some(({ id, name }) => wanted === id || wanted === name));
  const window = { since: iso(at), until: iso(at + OVERRIDES_AHEAD_MS) };

  const schedules: { id: string; schedule: PagerDutySchedule }[] = [];
  for (const { id } of chosen) {
    const path = `/schedules/${encodeURIComponent(id)}`;
    const { schedule } = await ask.one(path, {}, One);
    const { overrides } = await ask.one(`${path}/overrides`, window, Overrides);
    const { schedule: whole } = shaped(One, { schedule: { ...schedule, overrides } }, `${path}/overrides`);
    schedules.push({ id, schedule: whole });
  }
  const imported = importPagerDuty(
    schedules.map(({ schedule }) => schedule),
    { at, ...(channel === undefined ? {} : { channel }) },
  );
  const asked =
    chosen.length > 0 ? await ask.all('/oncalls', { 'schedule_ids[]': chosen.map(({ id }) => id) }, OnCalls) : [];
  const theirs = asked.flatMap(({ oncalls }) => oncalls);
  return {
    ...imported,
    notCarried: [...missing.map((name) => `${name}: there is no such schedule`), ...imported.notCarried],
    differences: differences(imported, schedules, theirs, at),
  };
}

function differences(
  { onCall }: ImportedOnCall,
  schedules: readonly { id: string; schedule: PagerDutySchedule }[],
  theirs: readonly { user: { id: string }; schedule: { id: string } | null }[],
  at: number,
): string[] {
  const { users, schedules: ours } = readOnCall(onCall);
  const keys = new Map([...users.values()].map(({ key, contacts }) => [contacts.pagerduty!, key]));
  const imported = [...ours.values()];
  return schedules.flatMap(({ id, schedule: { name } }) => {
    const [here, ...more] = imported.filter((schedule) => schedule.name === name);
    if (!here || more.length > 0) return [];
    const there = theirs.filter(({ schedule }) => schedule?.id === id).map(({ user }) => keys.get(user.id) ?? user.id);
    const [said, found] = [there, whoIsOnCall(here, at)].map(
      (list) => [...new Set(list)].sort().join(', ') || 'nobody',
    );
    return said === found ? [] : [`${name}: PagerDuty says ${said} is on call now, what was imported says ${found}`];
  });
}

/** What is used of an answer of the client, whose own type says `any`. */
interface Answer {
  readonly data: unknown;
  readonly response: { readonly ok: boolean; readonly status: number };
  readonly next?: () => Promise<Answer>;
}

function asker({ token, url }: PagerDutyAccess, abort: AbortSignal) {
  const base = url.replace(/\/+$/, '');

  function get(path: string, query: Readonly<Record<string, string | string[]>>): Promise<Answer> {
    // The client's own time limit keeps a timer and stops nothing; `signal` does.
    const options = { token, method: 'GET', requestTimeout: 0, signal: abort };
    return api({ ...options, url: base + path, data: query }).catch(explain(path));
  }

  return {
    async one<T extends TSchema>(path: string, query: Readonly<Record<string, string>>, shape: T): Promise<Static<T>> {
      return shaped(shape, dataOf(await get(path, query), path), path);
    },
    async all<T extends TSchema>(
      path: string,
      query: Readonly<Record<string, string | string[]>>,
      shape: T,
    ): Promise<Static<T>[]> {
      const pages: Static<T>[] = [];
      let answer = await get(path, { ...query, limit: String(PAGE_SIZE) });
      for (;;) {
        pages.push(shaped(shape, dataOf(answer, path), path));
        if (!answer.next || pages.length >= MOST_PAGES) return pages;
        answer = await answer.next().catch(explain(path));
      }
    },
  };
}

function dataOf({ data, response }: Answer, path: string): unknown {
  if (response.ok) return data;
  const said = (data as { error?: { message?: unknown } } | null)?.error?.message;
  const why =
    response.status === 401
      ? ': is the API key right, and for this account?'
      : typeof said === 'string'
        ? `: ${said}`
        : '';
  throw new Error(`PagerDuty answered ${response.status} to ${path}${why}`);
}

/** What the client throws may be the answer itself, where that is no JSON. */
function explain(path: string): (thrown: unknown) => never {
  return (thrown) => {
    const status = (thrown as { response?: { status?: unknown } } | null)?.response?.status;
    if (typeof status === 'number') throw new Error(`PagerDuty answered ${status} to ${path}, and no JSON`);
    throw new Error(`PagerDuty cannot be asked (${path}): ${toError(thrown).message}`, { cause: thrown });
  };
}

function shaped<T extends TSchema>(shape: T, data: unknown, path: string): Static<T> {
  if (Value.Check(shape, data)) return data;
  const [first] = Value.Errors(shape, data);
  const where = first ? `${first.instancePath} ${first.message}` : '';
  throw new Error(`PagerDuty's answer to ${path} is not as documented: ${where}`);
}

const iso = (instant: number) => new Date(instant).toISOString();
