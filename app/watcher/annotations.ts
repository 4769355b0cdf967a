import type { Deployment, Incident } from '../../alerts/incident.ts';
import type { RunResult } from '../../scenarios/run-result.ts';

/** The body of `POST /v1/logs` in OTLP/JSON, with one record. */
export interface OtlpLogs {
  resourceLogs: {
    resource: { attributes: OtlpAttribute[] };
    scopeLogs: { scope: { name: string; version: string }; logRecords: OtlpLogRecord[] }[];
  }[];
}

interface OtlpAttribute {
  key: string;
  value: { stringValue: string };
}

interface OtlpLogRecord {
  timeUnixNano: string;
  severityNumber: number;
  severityText: string;
  eventName: string;
  body: { stringValue: string };
  attributes: OtlpAttribute[];
  traceId?: string;
}

// Not errors: a log of level error in a run's trace is taken for the service's own words about its failure.
const INFO = { severityNumber: 9, severityText: 'INFO' };
const WARN = { severityNumber: 13, severityText: 'WARN' };

/**
 * Runs, incidents and deployments as log records of the service `ringdown`, so that every backend that takes logs has
 * them as annotations. `event.name` tells them apart.
 */
export function annotations(version: string) {
  const request = (record: OtlpLogRecord): OtlpLogs => ({
    resourceLogs: [
      {
        resource: { attributes: attributes({ 'service.name': 'ringdown', 'service.version': version }) },
        scopeLogs: [{ scope: { name: 'ringdown/annotations', version }, logRecords: [record] }],
      },
    ],
  });
  return {
    run: (run: RunResult): OtlpLogs =>
      request({
        ...(run.failure ? WARN : INFO),
        timeUnixNano: unixNano(Date.parse(run.started_at) + run.duration_ms),
        ...named('ringdown.run', {
          'ringdown.run.id': run.id,
          service: run.service,
          environment: run.environment,
          monitor: run.monitor,
          status: run.status,
        }),
        body: { stringValue: run.failure ? `${run.monitor}: ${run.failure.message}` : `${run.monitor} ${run.status}` },
        traceId: run.trace_id,
      }),
    incident: (incident: Incident): OtlpLogs =>
      request({
        ...(incident.state === 'resolved' ? INFO : WARN),
        timeUnixNano: unixNano(
          Date.parse(
            (incident.state === 'resolved' ? incident.resolved_at : null) ??
              (incident.state === 'acknowledged' ? incident.acknowledged_at : null) ??
              incident.triggered_at,
          ),
        ),
        ...named('ringdown.incident', {
          'ringdown.incident.id': incident.id,
          'ringdown.incident.state': incident.state,
          'ringdown.incident.priority': incident.priority,
          service: incident.service,
          environment: incident.environment,
          url: incident.url,
        }),
        body: { stringValue: `${incident.title}: ${incident.state}` },
      }),
    deployment: (deployment: Deployment): OtlpLogs =>
      request({
        ...INFO,
        timeUnixNano: unixNano(Date.parse(deployment.deployed_at)),
        ...named('ringdown.deployment', {
          'deployment.id': deployment.id,
          service: deployment.service,
          ...(deployment.environment === null ? {} : { environment: deployment.environment }),
          'service.version': deployment.version,
        }),
        body: { stringValue: deployment.description ?? `${deployment.service} ${deployment.version} was deployed` },
      }),
  };
}

/** The name stands in both places: not every backend keeps the field of its own. */
function named(eventName: string, own: Record<string, string>) {
  return { eventName, attributes: attributes({ 'event.name': eventName, ...own }) };
}

function attributes(values: Record<string, string>): OtlpAttribute[] {
  return Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function unixNano(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n);
}
