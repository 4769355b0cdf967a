import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { EXIT } from '../../core/errors.ts';
import { DataDirectory } from '../data-directory.ts';
import { InvalidFiles } from '../invalid-files.ts';
import { terminal } from '../terminal.ts';
import { importOnCall, type OnCallImport, showOnCall } from './on-call.ts';

const CONFIG = `version: 1
channels: [{ name: push, type: ntfy, url: "\${NTFY_URL}" }]
on_call:
  users: { kim: { name: Kim Minji, notify: [{ channel: push }] }, minsu: { notify: [{ channel: push }] } }
  schedules:
    primary:
      name: Primary
      timezone: Asia/Seoul
      rotations: [{ users: [kim, minsu], every: 12 months, start: 2000-01-01T09:00 }]
    nobody: { timezone: UTC, rotations: [] }
`;

let folder: string;
let out: string[];
let err: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-on-call-'));
  out = [];
  err = [];
  jest.spyOn(terminal, 'out').mockImplementation((line) => Boolean(out.push(line)));
  jest.spyOn(terminal, 'err').mockImplementation((line) => Boolean(err.push(line)));
  writeFileSync(join(folder, 'ringdown.yaml'), CONFIG);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe('ringdown on-call now', () => {
  const show = (schedule?: string, json = false) =>
    showOnCall({
      schedule,
      config: join(folder, 'ringdown.yaml'),
      directory: new DataDirectory(join(folder, 'data')),
      json,
    });

  test('reads the config where no watcher runs, and says so', async () => {
    expect(await show('primary')).toBe(EXIT.success);
    expect(out[0]).toMatch(/^primary \(Primary\): .*(Kim Minji|minsu).*, until \d{4}-01-01 09:00$/);
    expect(out[1]).toMatch(/next: (minsu|Kim Minji), \d{4}-01-01 09:00 to \d{4}-01-01 09:00 .*Asia\/Seoul/);
    expect(err.join()).toContain('no watcher answers');
  });

  test('fails where nobody is on call', async () => {
    expect(await show(undefined, true)).toBe(EXIT.failed);
    const { items, overrides_known } = JSON.parse(out[0]!);
    expect(items[1]).toEqual({
      key: 'nobody',
      name: 'nobody',
      timezone: 'UTC',
      now: { users: [], until: null },
      next: null,
    });
    expect(overrides_known).toBe(false);
  });

  test('does not know other schedules', async () => {
    await expect(show('primry')).rejects.toMatchObject({ code: 'UNKNOWN_SCHEDULE', hint: 'did you mean "primary"?' });
  });
});

describe('ringdown on-call import', () => {
  const from = (file: string | undefined, more: Partial<OnCallImport> = {}) =>
    importOnCall({
      file,
      fromPagerDuty: false,
      schedules: [],
      url: '',
      channel: 'push',
      output: undefined,
      json: false,
      ...more,
    });
  const source = new URL('../../alerts/on-call/importers/test-data/grafana-oncall.yaml', import.meta.url).pathname;

  test('prints the section, and apart from it what it does not have', async () => {
    expect(await from(source)).toBe(EXIT.success);
    expect(out.join('\n')).toContain('timezone: Europe/Berlin');
    expect(err.join('\n')).toContain('First of month');
  });

  test('writes a file, and never over another', async () => {
    const output = join(folder, 'on-call.yaml');
    await from(source, { output });
    expect(readFileSync(output, 'utf8')).toMatch(/^on_call:\n/);
    expect(out).toEqual([]);
    await expect(from(source, { output })).rejects.toMatchObject({ code: 'NOT_WRITTEN' });
  });

  test('says what is wrong with its source', async () => {
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '{ "schedules": [] }');
    await expect(from(broken)).rejects.toBeInstanceOf(InvalidFiles);
    await expect(from(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'CANNOT_READ', exitCode: EXIT.usage });
    await expect(from(undefined)).rejects.toMatchObject({ code: 'NO_SOURCE' });
    await expect(from(source, { fromPagerDuty: true })).rejects.toMatchObject({ code: 'ONE_SOURCE' });
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });
});
