import { malformed } from '../../signatures.ts';
import { defineInbound } from '../define.ts';
import { at, firstText, text, time } from '../fields.ts';

/**
 * A webhook connector of Kibana, with the template of docs/inbound.md in the actions of a rule: one for each alert, run
 * when it is active and when it has recovered. Variables: elastic.co/guide/en/kibana/current/rule-action-variables.html.
 */
export const inbound = defineInbound({
  type: 'kibana',
  description: 'Webhook connector of Kibana, with our template.',
  settings: {},
  parse(_settings, body) {
    const rule = text(at(body, 'rule_id'));
    if (rule === null) return malformed('"rule_id" is missing: use the template of docs/inbound.md in the action');
    const group = text(at(body, 'action_group'));
    if (group === null)
      return malformed('"action_group" is missing: the action must run for each alert, not as a summary');
    const alert = text(at(body, 'alert_id')) ?? '*';
    const tags = firstText(at(body, 'tags'));
    const labels: Record<string, string> = { rule_id: rule, action_group: group };
    if (alert !== '*') labels.alert_id = alert;
    if (tags !== null) labels.tags = tags;
    const name = firstText(at(body, 'rule_name')) ?? rule;
    // Rules without groups call their only alert "*" or "query matched".
    const subject = alert === '*' || alert === 'query matched' ? name : `${name}: ${alert}`;
    return {
      alerts: [
        {
          key: `${rule}/${alert}`,
          state: group.toLowerCase() === 'recovered' ? 'resolved' : 'firing',
          title: firstText(at(body, 'title')) ?? subject,
          text: firstText(at(body, 'reason')),
          severity: firstText(at(body, 'severity')),
          service: firstText(at(body, 'service')),
          environment: firstText(at(body, 'environment')),
          labels,
          url: firstText(at(body, 'url')),
          runbook: firstText(at(body, 'runbook')),
          at: time(at(body, 'date')),
        },
      ],
    };
  },
});
