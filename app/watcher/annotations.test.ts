import { expect, test } from '@jest/globals';
import type { Incident } from '../../alerts/incident.ts';
import { decodeLogs, encodeJson } from '../../monitoring/otlp/index.ts';
import type { RunResult } from '../../scenarios/run-result.ts';
import { annotations } from './annotations.ts';

const annotation = annotations('1.2.3');
const received = (request: object) => decodeLogs(encodeJson('logs', request))[0]!;

const incident = {
  id: 'inc-1',
  title: 'Writing a post fails',
  priority: 'P1',
  service: 'shop',
  environment: 'production',
  state: 'triggered',
  triggered_at: '2026-11-23T03:00:00.000Z',
  acknowledged_at: null,
  resolved_at: null,
  url: 'https://ringdown.example.com/incidents/inc-1',
} as Incident;

test('an incident is annotated at the time of its state', () => {
  const log = received(annotation.incident(incident));
  expect(log).toMatchObject({
    timeNs: BigInt(Date.parse(incident.triggered_at)) * 1_000_000n,
    eventName: 'ringdown.incident',
    body: 'Writing a post fails: triggered',
    resource: { 'service.name': 'ringdown', 'service.version': '1.2.3' },
    attributes: { 'event.name': 'ringdown.incident', 'ringdown.incident.state': 'triggered', service: 'shop' },
  });
  const resolved: Incident = { ...incident, state: 'resolved', resolved_at: '2026-11-23T03:20:00.000Z' };
  expect(received(annotation.incident(resolved)).timeNs).toBe(1_795_404_000_000_000_000n);
});

test('a failing run is a warning in its own trace, never an error: that is for the service’s own words', () => {
  const run = {
    id: 'run-1',
    monitor: 'posts@production',
    service: 'shop',
    environment: 'production',
    status: 'failed',
    started_at: '2026-11-23T03:00:00.000Z',
    duration_ms: 12.5,
    trace_id: 'a'.repeat(32),
    failure: { message: 'status 500, expected 201' },
  } as RunResult;
  expect(received(annotation.run(run))).toMatchObject({
    severityNumber: 13,
    traceId: 'a'.repeat(32),
    body: 'posts@production: status 500, expected 201',
    attributes: { 'event.name': 'ringdown.run', status: 'failed', monitor: 'posts@production' },
  });
});

test('a deployment is annotated with its version', () => {
  const log = received(
    annotation.deployment({
      id: 'd-1',
      service: 'shop',
      environment: null,
      version: '4.12',
      deployed_at: '2026-11-23T03:00:00.000Z',
      source: 'api',
      description: null,
    }),
  );
  expect(log).toMatchObject({ body: 'shop 4.12 was deployed', attributes: { 'service.version': '4.12' } });
  expect(log.attributes).not.toHaveProperty('environment');
});
