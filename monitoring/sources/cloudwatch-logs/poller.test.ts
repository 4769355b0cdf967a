import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudWatchLogsClient, FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { SpoolRecord } from '../../exporter.ts';
import { type DecodedLog, decodeLogs } from '../../otlp/index.ts';
import type { Source } from '../source.ts';
import { readConfig } from './config.ts';
import { CloudwatchLogsPoller } from './poller.ts';

const NOW_MS = 1_790_000_000_000;
const MINUTE_MS = 60_000;
const forever = new AbortController().signal;

let folder: string;
let clock: VirtualClock;
let events: Required<FilteredLogEvent>[];
/** Thrown by the next look. */
let trouble: Error[];
let requests: { startTime?: number; endTime?: number }[];
let appended: Omit<SpoolRecord, 'position'>[];
let refusals: number;
let said: string[];
let poller: Source;

const logs = (): DecodedLog[] => appended.flatMap(({ bytes }) => decodeLogs(bytes));
const bodies = () => logs().map(({ body }) => body);

/** A log group in memory, with pages of three events. */
function client(): CloudWatchLogsClient {
  const send = async ({ input }: { input: { startTime: number; endTime: number; nextToken?: string } }) => {
    requests.push(input);
    const wrong = trouble.shift();
    if (wrong) throw wrong;
    const from = Number(input.nextToken ?? 0);
    const found = events.filter(({ timestamp }) => timestamp >= input.startTime && timestamp <= input.endTime);
    return { events: found.slice(from, from + 3), nextToken: from + 3 < found.length ? String(from + 3) : undefined };
  };
  return { send, destroy: () => undefined } as unknown as CloudWatchLogsClient;
}

function put(message: string, timestamp = clock.now(), eventId = `${events.length}`.padStart(56, '3')): void {
  events.push({ message, timestamp, eventId, ingestionTime: clock.now(), logStreamName: 'stream' });
}

function create(more: object = {}): Source {
  const settings = { name: 'aws', type: 'cloudwatch-logs', dataDir: join(folder, 'aws'), region: 'eu-west-1' };
  return new CloudwatchLogsPoller(
    readConfig({ ...settings, log_group: '/aws/lambda/shop', ...more }),
    {
      clock,
      random: () => 0.5,
      log: (_level, message) => said.push(message),
      async append(record) {
        if (refusals-- > 0) throw new Error('the spool is busy');
        appended.push(record);
      },
    },
    client,
  );
}

/** Files are written for real meanwhile. */
async function until(claim: () => boolean): Promise<void> {
  for (const latest = Date.now() + 10_000; !claim(); ) {
    if (Date.now() > latest) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** One look has ended and the next is waited for. */
const rested = () => until(() => clock.pending === 1);

async function lookAgain(ms = 30_000): Promise<void> {
  await rested();
  const before = requests.length;
  await clock.advance(ms);
  await until(() => requests.length > before && clock.pending === 1);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-source-'));
  clock = new VirtualClock(NOW_MS);
  events = [];
  trouble = [];
  requests = [];
  appended = [];
  refusals = 0;
  said = [];
  poller = create();
});

afterEach(async () => {
  await poller.shutdown(forever);
  rmSync(folder, { recursive: true, force: true });
});

describe('a log group that is looked at again and again', () => {
  test('every event arrives once, those included that appear late and behind others', async () => {
    for (let index = 0; index < 8; index++) put(`early ${index}`, NOW_MS - index * 1_000);
    await poller.start();
    await lookAgain();
    put('late', NOW_MS - 4 * MINUTE_MS);
    put('new');
    await lookAgain();
    await lookAgain();
    expect(bodies().sort()).toEqual([...Array.from({ length: 8 }, (_, index) => `early ${index}`), 'late', 'new']);
    expect(poller.status()).toMatchObject({ healthy: true, received: 10, last_error: null });
  });

  test('after a restart it goes on, without repeats and without the time in between left out', async () => {
    put('before');
    await poller.start();
    await rested();
    await poller.shutdown(forever);
    await clock.advance(3 * 3_600_000);
    put('meanwhile', NOW_MS + 3_600_000);
    poller = create();
    await poller.start();
    await until(() => bodies().length === 2);
    await rested();
    expect(bodies()).toEqual(['before', 'meanwhile']);
    // Hours were caught up in looks of minutes.
    expect(requests.every(({ startTime, endTime }) => endTime! - startTime! <= 15 * MINUTE_MS)).toBe(true);
  });

  test('a crash after the spool took a page brings that page again, and no other', async () => {
    for (let index = 0; index < 9; index++) put(`${index}`, NOW_MS - 9 + index);
    await poller.start();
    await rested();
    await poller.shutdown(forever);
    const path = join(folder, 'aws', 'checkpoint.json');
    const stored = JSON.parse(readFileSync(path, 'utf8'));
    // As it stood on disk when the third page was in the spool and not yet remembered.
    const names = Object.keys(stored.seen);
    writeFileSync(
      path,
      JSON.stringify({
        ...stored,
        up_to: NOW_MS - 1_000,
        seen: Object.fromEntries(names.slice(0, 6).map((name) => [name, stored.seen[name]])),
      }),
    );
    poller = create();
    await poller.start();
    await rested();
    expect(bodies()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '6', '7', '8']);
    const uids = logs().map(({ attributes }) => attributes['log.record.uid']);
    expect(new Set(uids).size).toBe(9);
  });

  test('a spool that cannot take a page gets it later', async () => {
    put('patient');
    refusals = 2;
    await poller.start();
    await rested();
    expect(poller.status()).toMatchObject({ healthy: false, last_error: 'the spool is busy' });
    await lookAgain(1_000);
    await lookAgain(2_000);
    expect(bodies()).toEqual(['patient']);
    expect(poller.status().healthy).toBe(true);
  });

  test('throttling is waited out longer each time, as long as it lasts', async () => {
    trouble = Array.from({ length: 3 }, () =>
      Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' }),
    );
    put('at last');
    await poller.start();
    await rested();
    expect(poller.status().last_error).toContain('slow down');
    for (const wait of [750, 1_500, 3_000]) {
      const before = requests.length;
      await clock.advance(wait - 1);
      expect(requests).toHaveLength(before);
      await lookAgain(1);
    }
    expect(bodies()).toEqual(['at last']);
    expect(said).toHaveLength(1);
  });

  test('a group that is not there is said, with where to look', async () => {
    trouble = [Object.assign(new Error('no'), { name: 'ResourceNotFoundException' })];
    await poller.start();
    await rested();
    expect(poller.status().last_error).toBe(
      'log group /aws/lambda/shop is not there; check its name and region eu-west-1',
    );
  });

  test('a damaged checkpoint is said and begins anew', async () => {
    put('here');
    await poller.start();
    await rested();
    await poller.shutdown(forever);
    writeFileSync(join(folder, 'aws', 'checkpoint.json'), '{"version":1,"up_');
    poller = create();
    await poller.start();
    await rested();
    expect(said).toEqual([expect.stringContaining('checkpoint.json')]);
    expect(bodies()).toEqual(['here', 'here']);
  });

  test('the first look goes back as far as it is told', async () => {
    put('too old', NOW_MS - 61 * MINUTE_MS);
    put('old', NOW_MS - 59 * MINUTE_MS);
    poller = create({ look_back: '1h' });
    await poller.start();
    await rested();
    expect(bodies()).toEqual(['old']);
  });

  test('a clock that is set back brings nothing again', async () => {
    put('once');
    await poller.start();
    await rested();
    clock.step(-3_600_000);
    await lookAgain();
    await lookAgain();
    expect(bodies()).toEqual(['once']);
  });
});
