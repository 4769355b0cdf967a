import { parseDuration } from '../../core/units.ts';
import { readLocalTime, readMoment } from './moment.ts';
import type { NotifyRule, OnCall, Rotation, Schedule, TurnLength, User } from './on-call.ts';
import type { OnCallFile, WrittenHours, WrittenRotation, WrittenSchedule, WrittenUser } from './schema.ts';
import { readWindows } from './week-windows.ts';

/** @param file free of mistakes: `parseOnCall` finds them */
export function readOnCall(file: OnCallFile): OnCall {
  const users = Object.entries(file.users ?? {});
  const schedules = Object.entries(file.schedules ?? {});
  return {
    users: new Map(users.map(([key, user]) => [key, readUser(key, user)])),
    schedules: new Map(schedules.map(([key, schedule]) => [key, readSchedule(key, schedule)])),
  };
}

function readUser(key: string, { name, timezone, language, contacts, notify, otherwise }: WrittenUser): User {
  return {
    key,
    name: name ?? key,
    timezone: timezone ?? null,
    language: language ?? null,
    contacts: contacts ?? {},
    notify: readRules(notify),
    otherwise: readRules(otherwise),
  };
}

function readRules(written: WrittenUser['notify'] = []): NotifyRule[] {
  return written.map(({ channel, after, priorities }) => ({
    channel,
    after_ms: after === undefined ? 0 : parseDuration(after)!,
    priorities: priorities ?? [],
  }));
}

function readSchedule(key: string, { name, timezone, rotations, overrides }: WrittenSchedule): Schedule {
  return {
    key,
    name: name ?? key,
    timezone,
    rotations: rotations.map(readRotation),
    overrides: (overrides ?? []).map(({ user, users, from, to }, index) => ({
      id: `config-${key}-${index + 1}`,
      users: users ?? [user!],
      from: readMoment(from, timezone)!,
      until: readMoment(to, timezone)!,
      source: 'config',
      created_by: 'ringdown.yaml',
    })),
  };
}

export function readRotation(written: WrittenRotation, index: number): Rotation {
  const { users, every, start, since, until, hours } = written;
  return {
    name: rotationName(written, index),
    turns: users.map((turn) => (typeof turn === 'string' ? [turn] : turn)),
    every: readTurnLength(every),
    start: readLocalTime(start)!,
    since: since === undefined ? null : readLocalTime(since)!,
    until: until === undefined ? null : readLocalTime(until)!,
    windows: readWindows(listed(hours)),
  };
}

export function rotationName({ name }: Pick<WrittenRotation, 'name'>, index: number): string {
  return name ?? `rotation ${index + 1}`;
}

export function listed(hours: WrittenRotation['hours']): readonly WrittenHours[] {
  return hours === undefined ? [] : Array.isArray(hours) ? hours : [hours];
}

const HOURS: Record<string, number> = { h: 1, d: 24, w: 7 * 24 };

export function readTurnLength(text: string): TurnLength {
  if (text === 'month') return { unit: 'months', count: 1 };
  if (text.endsWith(' months')) return { unit: 'months', count: Number.parseInt(text, 10) };
  return { unit: 'hours', count: Number.parseInt(text, 10) * HOURS[text.at(-1)!]! };
}
