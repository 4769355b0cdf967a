import { describe, expect, test } from '@jest/globals';
import { readConfig } from './config.ts';

const mistakesOf = (args: string[], env: Record<string, string> = {}): string => {
  try {
    readConfig(args, env, '1.0.0');
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', exitCode: 2, hint: expect.stringContaining('--help') });
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
};

test('without flags and environment it is the documented default', () => {
  expect(readConfig([], {}, '1.0.0')).toEqual({
    host: '127.0.0.1',
    port: 8080,
    dataDir: '.ringdown',
    readyFile: undefined,
    logLevel: 'info',
    version: '1.0.0',
    faultsToken: undefined,
    qaPassword: undefined,
    jwtSecret: undefined,
    telemetry: { otlp: false, statsd: false },
  });
});

test('flags and environment are read', () => {
  const args = ['--port', '0', '--host', '::1', '--data-dir', 'd', '--ready-file', 'r'];
  const env = {
    SERVICE_VERSION: '4.12',
    API_FAULTS: 'true',
    API_FAULTS_TOKEN: 'token',
    QA_PASSWORD: 'long enough',
    JWT_SECRET: 'x'.repeat(32),
    LOG_LEVEL: 'warn',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    STATSD_ADDRESS: '127.0.0.1:8125',
  };
  expect(readConfig(args, env, '1.0.0')).toEqual({
    host: '::1',
    port: 0,
    dataDir: 'd',
    readyFile: 'r',
    logLevel: 'warn',
    version: '4.12',
    faultsToken: 'token',
    qaPassword: 'long enough',
    jwtSecret: 'x'.repeat(32),
    telemetry: { otlp: true, statsd: true },
  });
});

test('a token without API_FAULTS=true opens nothing', () => {
  for (const flag of [{}, { API_FAULTS: 'false' }, { API_FAULTS: '' }]) {
    expect(readConfig([], { ...flag, API_FAULTS_TOKEN: 'token' }, '1.0.0').faultsToken).toBeUndefined();
  }
});

describe('refused', () => {
  test.each([
    [['--port', '65536'], {}, '--port'],
    [['--port', '-1'], {}, '--port'],
    [['--port', '80a'], {}, '--port'],
    [['--prot', '80'], {}, '--prot'],
    [['extra'], {}, 'extra'],
    [[], { API_FAULTS: 'true' }, 'API_FAULTS_TOKEN'],
    [[], { API_FAULTS: 'yes', API_FAULTS_TOKEN: 'token' }, 'API_FAULTS'],
    [[], { QA_PASSWORD: 'short' }, 'QA_PASSWORD'],
    [[], { JWT_SECRET: 'canary' }, 'JWT_SECRET'],
    [[], { LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
  ])('%j %j', (args, env, name) => {
    const message = mistakesOf(args, env as Record<string, string>);
    expect(message).toContain(name);
    expect(message).not.toContain('canary');
  });

  test('all at once', () => {
    const message = mistakesOf(['--port', 'x'], { API_FAULTS: 'true', QA_PASSWORD: 'x', JWT_SECRET: 'x' });
    for (const name of ['--port', 'API_FAULTS_TOKEN', 'QA_PASSWORD', 'JWT_SECRET']) expect(message).toContain(name);
  });
});
