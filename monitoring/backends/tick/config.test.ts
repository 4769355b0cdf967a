import { expect, test } from '@jest/globals';
import { readConfig } from './config.ts';
import { backend } from './index.ts';

const settings = { name: 'tick', type: 'tick', dataDir: '/data', url: 'http://127.0.0.1:8086' };

test('a url is enough', () => {
  expect(readConfig(settings)).toMatchObject({
    api: 'v1',
    database: 'ringdown',
    retentionMs: 30 * 86_400_000,
    compress: true,
  });
});

test('everything wrong is told at once, before anything runs', () => {
  const wrong = {
    ...settings,
    url: 'influx:8086',
    api: 'v2',
    retention: '5m',
    telegraf: '127.0.0.1',
    username: 'kim',
    compression: 'zstd',
    databse: 'x',
  };
  expect(() => readConfig(wrong)).toThrow(
    expect.objectContaining({
      code: 'INVALID_BACKEND',
      exitCode: 2,
      message: expect.stringMatching(
        /retention.*1h.*compression.*telegraf: expected udp:.*url.*org is missing.*username.*go together.*unknown key "databse"/,
      ),
    }),
  );
  expect(() => readConfig({ ...settings, url: undefined })).toThrow(/url is missing/);
});

test('where Telegraf listens is read', () => {
  const of = (telegraf: string) => readConfig({ ...settings, telegraf }).telegraf;
  expect(of('udp://127.0.0.1:8126')).toEqual({ protocol: 'udp', host: '127.0.0.1', port: 8126 });
  expect(of('tcp://[::1]:8126')).toEqual({ protocol: 'tcp', host: '::1', port: 8126 });
});

test('a file of authorities that is not there is told at create', () => {
  expect(() => backend.create({ ...settings, ca_file: '/nowhere/ca.pem' })).toThrow(/ca_file: .*nowhere/);
});
