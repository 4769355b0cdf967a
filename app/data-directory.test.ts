import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DataDirectory } from './data-directory.ts';

const READY = {
  url: 'http://127.0.0.1:1',
  sign_in_url: 'x',
  api_url: null,
  otlp_url: 'x',
  otlp_grpc_url: null,
  statsd_address: 'x',
  pid: 1,
  api_pid: null,
};

let folder: string;
let directory: DataDirectory;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-'));
  directory = new DataDirectory(join(folder, 'data'));
  await directory.prepare();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a second watcher is kept out, and let in once the first has ended', () => {
  const lock = directory.lock();
  expect(() => directory.lock()).toThrow(/another watcher uses the data directory/);
  lock.release();
  directory.lock().release();
});

test('a watcher that was killed leaves no lock behind', async () => {
  const program = `
    import { DataDirectory } from ${JSON.stringify(new URL('./data-directory.ts', import.meta.url).href)};
    globalThis.lock = new DataDirectory(${JSON.stringify(directory.path)}).lock();
    process.stdout.write('locked');
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  expect(() => directory.lock()).toThrow();
  other.kill('SIGKILL');
  await once(other, 'exit');
  directory.lock().release();
});

test('the token is made once, for the owner alone, and the environment goes before it', () => {
  const token = directory.token({});
  expect(token).toMatch(/^[\w-]{32}$/);
  expect(directory.token({})).toBe(token);
  expect(statSync(join(directory.path, 'token')).mode & 0o077).toBe(0);
  expect(statSync(directory.path).mode & 0o077).toBe(0);
  expect(directory.token({ RINGDOWN_TOKEN: 'given' })).toBe('given');
});

test('whoever asks a watcher takes its token, and makes none of their own', () => {
  expect(() => directory.watcherToken({})).toThrow(expect.objectContaining({ code: 'NO_TOKEN', exitCode: 2 }));
  directory.writeReady({ ...READY, sign_in_url: 'http://127.0.0.1:1/sign-in?token=given%26taken' });
  expect(directory.watcherToken({})).toBe('given&taken');
  expect(directory.watcherToken({ RINGDOWN_TOKEN: 'mine' })).toBe('mine');
  expect(existsSync(join(directory.path, 'token'))).toBe(false);
});

test('where the ready file is lost, the generated token stands', () => {
  const token = directory.token({});
  expect(directory.watcherToken({})).toBe(token);
});

test('a folder that cannot be made is an error with a hint, exit code 2', async () => {
  writeFileSync(join(folder, 'file'), '');
  const impossible = new DataDirectory(join(folder, 'file', 'data'));
  await expect(impossible.prepare()).rejects.toMatchObject({ code: 'DATA_DIRECTORY', exitCode: 2 });
});

test('what it says when ready is read back, and is undefined before', () => {
  expect(directory.readReady()).toBeUndefined();
  directory.writeReady(READY);
  expect(directory.readReady()).toEqual(READY);
  expect(readFileSync(join(directory.path, 'ready.json'), 'utf8').endsWith('}\n')).toBe(true);
});
