import { afterEach, expect, test } from '@jest/globals';
import { InvalidInstrumentOptions, readSettings } from './settings.ts';

const NAMES = ['OTEL_SERVICE_NAME', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS', 'STATSD_ADDRESS'];
afterEach(() => {
  for (const name of NAMES) delete process.env[name];
});

test('the defaults point at a relay on this machine', () => {
  const settings = readSettings({ serviceName: 'shop' });
  expect(settings.endpoint.href).toBe('http://127.0.0.1:4318/');
  expect(settings.statsd).toEqual({ host: '127.0.0.1', port: 8125 });
  expect(settings.headers).toEqual({});
});

test('the environment speaks where the options are silent', () => {
  process.env.OTEL_SERVICE_NAME = 'from-environment';
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = 'https://otlp.example.com/base';
  process.env.OTEL_EXPORTER_OTLP_HEADERS = 'Api-Key=a%20b, x=1=2';
  process.env.STATSD_ADDRESS = '[::1]:9125';
  expect(readSettings({})).toMatchObject({
    serviceName: 'from-environment',
    headers: { 'api-key': 'a b', x: '1=2' },
    statsd: { host: '::1', port: 9125 },
  });
  expect(readSettings({ serviceName: 'own', statsd: false, token: 't' })).toMatchObject({
    serviceName: 'own',
    statsd: undefined,
    headers: { authorization: 'Bearer t', 'api-key': 'a b' },
  });
});

test('all mistakes are named at once, without repeating secrets', () => {
  process.env.OTEL_EXPORTER_OTLP_HEADERS = 'canary-secret';
  process.env.STATSD_ADDRESS = 'nowhere';
  const read = () => readSettings({ otlpEndpoint: 'localhost:4318' });
  expect(read).toThrow(InvalidInstrumentOptions);
  expect(read).toThrow(/otlpEndpoint.*STATSD_ADDRESS.*OTEL_EXPORTER_OTLP_HEADERS/);
  expect(read).not.toThrow(/canary/);
});
