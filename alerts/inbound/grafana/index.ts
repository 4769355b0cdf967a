import { malformed } from '../../signatures.ts';
import { defineInbound } from '../define.ts';
import { at, firstText, text, texts, time } from '../fields.ts';
import type { InboundAlert, Parsed } from '../inbound.ts';

/**
 * The webhook contact point of Grafana Alerting: as Alertmanager's, with links to panel and dashboard, and the values that
 * the rule saw. Source: grafana.com/docs/grafana/latest/alerting, "Configure webhook notifications".
 */
export const inbound = defineInbound({
  type: 'grafana',
  description: 'Webhook contact point of Grafana Alerting.',
  settings: {},
  parse(_settings, body): Parsed {
    const sent = at(body, 'alerts');
    if (!Array.isArray(sent)) return malformed('"alerts" must be a list: is this a contact point of Grafana Alerting?');
    const alerts: InboundAlert[] = [];
    const skipped: string[] = [];
    sent.forEach((entry, index) => {
      const alert = readAlert(entry, body);
      if (alert) alerts.push(alert);
      else skipped.push(`alerts[${index}] has no fingerprint`);
    });
    return { alerts, skipped, truncated: Number(text(at(body, 'truncatedAlerts')) ?? 0) || 0 };
  },
});

/** Names that Grafana gives to alerts about a rule that could not be evaluated. */
const ABOUT_THE_RULE: Readonly<Record<string, string>> = {
  DatasourceNoData: 'no data',
  DatasourceError: 'cannot be evaluated',
};

function readAlert(entry: unknown, body: object): InboundAlert | null {
  const key = text(at(entry, 'fingerprint'));
  if (key === null) return null;
  const labels = texts(at(entry, 'labels'));
  const annotations = texts(at(entry, 'annotations'));
  const resolved = text(at(entry, 'status'))?.toLowerCase() === 'resolved';
  const trouble = Object.hasOwn(ABOUT_THE_RULE, labels.alertname ?? '') ? ABOUT_THE_RULE[labels.alertname!] : undefined;
  const name = trouble ? `${labels.rulename ?? labels.alertname}: ${trouble}` : labels.alertname;
  const image = text(at(entry, 'imageURL'));
  const said = [
    firstText(annotations.description, annotations.message),
    firstText(at(entry, 'valueString')),
    image && `image: ${image}`,
  ];
  return {
    // Two organizations of one Grafana may have the same labels.
    key: `${text(at(body, 'orgId')) ?? '1'}/${key}`,
    state: resolved ? 'resolved' : 'firing',
    title: firstText(annotations.summary, name, at(body, 'title')) ?? 'Grafana',
    text: said.filter((line) => line !== null).join('\n') || null,
    severity: firstText(labels.priority, labels.severity),
    service: firstText(labels.service, labels['service.name'], labels.service_name, labels.job),
    environment: firstText(labels.environment, labels.env, labels['deployment.environment']),
    labels,
    url: firstText(
      at(entry, 'panelURL'),
      at(entry, 'dashboardURL'),
      at(entry, 'generatorURL'),
      at(body, 'externalURL'),
    ),
    runbook: firstText(annotations.runbook_url),
    at: time(at(entry, resolved ? 'endsAt' : 'startsAt')),
  };
}
