import { createHash } from 'node:crypto';
import { malformed } from '../../signatures.ts';
import { defineInbound } from '../define.ts';
import { at, firstText, text, texts, time } from '../fields.ts';
import type { InboundAlert, Parsed } from '../inbound.ts';

/**
 * The webhook of Prometheus Alertmanager, version 4: a group of alerts, each with the fingerprint of its labels, firing and
 * resolved ones side by side. Source: prometheus.io/docs/alerting/latest/configuration, webhook_config.
 */
export const inbound = defineInbound({
  type: 'alertmanager',
  description: 'Webhook of Prometheus Alertmanager.',
  settings: {},
  parse(_settings, body): Parsed {
    const sent = at(body, 'alerts');
    if (!Array.isArray(sent)) return malformed('"alerts" must be a list: is this the webhook of Alertmanager?');
    const alerts: InboundAlert[] = [];
    const skipped: string[] = [];
    sent.forEach((entry, index) => {
      const alert = readAlert(entry, body);
      if (alert) alerts.push(alert);
      else skipped.push(`alerts[${index}] has neither labels nor a fingerprint`);
    });
    return { alerts, skipped, truncated: Number(text(at(body, 'truncatedAlerts')) ?? 0) || 0 };
  },
});

function readAlert(entry: unknown, body: object): InboundAlert | null {
  const labels = texts(at(entry, 'labels'));
  const annotations = texts(at(entry, 'annotations'));
  const key = text(at(entry, 'fingerprint')) ?? fingerprintOf(labels);
  if (key === null) return null;
  const resolved = firstText(at(entry, 'status'), at(body, 'status'))?.toLowerCase() === 'resolved';
  return {
    key,
    state: resolved ? 'resolved' : 'firing',
    title: firstText(annotations.summary, annotations.title, labels.alertname) ?? 'Alertmanager',
    text: firstText(annotations.description, annotations.message),
    severity: firstText(labels.priority, labels.severity),
    service: firstText(labels.service, labels['service.name'], labels.service_name, labels.job),
    environment: firstText(labels.environment, labels.env, labels['deployment.environment']),
    labels,
    url: firstText(at(entry, 'generatorURL'), at(body, 'externalURL')),
    runbook: firstText(annotations.runbook_url, annotations.runbook),
    at: time(at(entry, resolved ? 'endsAt' : 'startsAt')),
  };
}

/** Alertmanager 0.18 and older send none. */
function fingerprintOf(labels: Record<string, string>): string | null {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length === 0) return null;
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex').slice(0, 16);
}
