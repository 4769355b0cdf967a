import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Incident, List } from '../../control/resources.ts';
import { alertSource, tellOf } from '../support/alert-source.ts';
import { Receiver } from '../support/receiver.ts';
import { ROOT, Running, temporaryFolder } from '../support/ringdown.ts';
import { Timeline } from '../support/timeline.ts';

/** The disk of the watcher is torn, flipped or read-only: it starts, says so where it lost something, and pages. */
const SOON_MS = 90_000;

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let watcher: Running;
let seen: Timeline;

beforeEach(async () => {
  seen = new Timeline();
  folder = temporaryFolder();
  receiver = await Receiver.start();
});

afterEach(async () => {
  await watcher?.stop();
  await receiver.close();
  folder.remove();
});

const data = (...path: string[]) => join(folder.path, 'data', ...path);
const state = () => data('state.db');

function start(launcher?: string): Promise<Running> {
  return Running.start({
    command: 'serve',
    folder: folder.path,
    ...(launcher ? { launcher } : {}),
    config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:9" } }
scenarios: []
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: ${receiver.secret} }
${alertSource()}`,
  });
}

const until = (what: string, holds: () => boolean | Promise<boolean>) =>
  seen.until(what, holds, SOON_MS, watcher.output);
const pagesOf = (service: string) =>
  receiver.pages.filter(({ event, incident }) => event === 'incident.triggered' && incident.service === service);

/** Opens an incident and dies, so that the disk has something to lose. */
async function liveAndDie(before: () => Promise<void> = async () => {}): Promise<void> {
  watcher = await start();
  await tellOf(watcher, 'firing', 'before');
  await until('the page before', () => pagesOf('before').length === 1);
  await until('it is on record', async () => {
    const { items } = await watcher.api<List<Incident>>('/api/v1/incidents?state=triggered');
    return items.length === 1;
  });
  await before();
  await watcher.kill();
  seen.note('killed');
}

async function pagesAgain(): Promise<void> {
  seen.note('started again');
  await tellOf(watcher, 'firing', 'after');
  await until('a page for what fails now', () => pagesOf('after').length === 1);
}

function flip(file: string, at: number, count = 1): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(count);
  readSync(handle, byte, 0, count, at);
  writeSync(
    handle,
    byte.map((value) => value ^ 0xff),
    0,
    count,
    at,
  );
  closeSync(handle);
}

function sizeOf(file: string): number {
  const handle = openSync(file, 'r');
  const { size } = fstatSync(handle);
  closeSync(handle);
  return size;
}

describe('the state database', () => {
  test('whose header is destroyed is moved aside; the watcher pages, and pages about itself', async () => {
    await liveAndDie();
    // Its log alone would mend it.
    for (const suffix of ['-wal', '-shm']) rmSync(state() + suffix, { force: true });
    flip(state(), 0, 100);
    watcher = await start();
    expect(readdirSync(data()).some((name) => name.startsWith('state.db.quarantined-'))).toBe(true);
    await until('it tells of its own loss', () => pagesOf('ringdown').length === 1);
    expect(pagesOf('ringdown')[0]!.incident.cause.message).toContain('was damaged and a new one begun');
    await pagesAgain();
  });

  test('whose log has a flipped byte and a torn tail opens with what was whole, and pages', async () => {
    await liveAndDie();
    const log = `${state()}-wal`;
    if (existsSync(log) && sizeOf(log) > 5_000) {
      truncateSync(log, sizeOf(log) - 1_234);
      flip(log, sizeOf(log) - 2_000);
    }
    watcher = await start();
    await pagesAgain();
  });

  test('with a torn tail and flipped bytes in the middle: it starts either way, and pages', async () => {
    await liveAndDie();
    copyFileSync(state(), join(folder.path, 'copy'));
    const size = sizeOf(state());
    truncateSync(state(), size - 3_000);
    for (let at = 5_000; at < size - 4_000; at += 4_096) flip(state(), at, 16);
    watcher = await start();
    await pagesAgain();
  });

  test('on a disk that has become read-only: it pages from memory and about that, and takes the disk when it can be written', async () => {
    await liveAndDie();
    const launcher = join(folder.path, 'on-a-read-only-disk.mjs');
    const mended = join(folder.path, 'mended');
    writeFileSync(
      launcher,
      `import { spawn } from 'node:child_process';
const bind = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"';
const mend = '(until [ -e ${mended} ]; do sleep 0.2; done; mount -o remount,bind,rw "$0") >/dev/null 2>&1 &';
const args = [process.execPath, ${JSON.stringify(join(ROOT, 'app/ringdown.mjs'))}, ...process.argv.slice(2)];
const script = bind + ' && { ' + mend + ' } && exec "$@"';
const child = spawn('unshare', ['-Urm', 'sh', '-c', script, ${JSON.stringify(data())}, ...args], { stdio: 'inherit' });
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
`,
    );
    watcher = await start(launcher);
    await expect(tellOf(watcher, 'firing', 'after')).rejects.toThrow('503');
    await until('a page for what fails now', () => pagesOf('after').length === 1);
    await until('it tells of its own disk', () => pagesOf('ringdown').length === 1);
    const { message } = pagesOf('ringdown')[0]!.incident.cause;
    expect(message).toMatch(/cannot be written: EROFS.*in memory alone, and a restart forgets them\. Mend/s);

    writeFileSync(mended, '');
    await until('it is over', () =>
      receiver.pages.some(({ event, incident }) => event === 'incident.resolved' && incident.service === 'ringdown'),
    );
    const taken = () =>
      tellOf(watcher, 'firing', 'after').then(
        () => true,
        () => false,
      );
    await until('its sender, who goes on, hears that it is taken', taken);
    // Of the watcher itself, not of who started it.
    process.kill(watcher.ready.pid, 'SIGKILL');
    await watcher.stop();
    watcher = await start();
    const { items } = await watcher.api<List<Incident>>('/api/v1/incidents?state=triggered');
    expect(items.map(({ service }) => service).sort()).toEqual(['after', 'before']);
    expect(pagesOf('after')).toHaveLength(1);
  });
});

test('a spool with a flipped byte and a torn tail: the relay starts, and pages do not depend on it', async () => {
  const spool = () =>
    readdirSync(data(), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && /spool/.test(entry.parentPath),
    );
  // The watcher's own metrics go there every ten seconds.
  await liveAndDie(() => until('something lies in the spool', () => spool().length > 0));
  const files = spool();
  for (const { parentPath, name } of files) {
    const file = join(parentPath, name);
    const size = sizeOf(file);
    if (size > 64) {
      flip(file, Math.floor(size / 2));
      truncateSync(file, size - 7);
    }
  }
  watcher = await start();
  await pagesAgain();
  await until('the relay answers', async () => {
    const { relay } = await watcher.api<{ relay: { pid: number | null } }>('/api/v1/backends');
    return relay.pid !== null;
  });
});
