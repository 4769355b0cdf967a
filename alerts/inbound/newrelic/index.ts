import { malformed } from '../../signatures.ts';
import { defineInbound } from '../define.ts';
import { at, firstText, list, text, texts, time } from '../fields.ts';

/** Issue states of New Relic; all others fire. */
const ENDED = ['CLOSED', 'RESOLVED', 'DEACTIVATED'];
const OPEN = ['CREATED', 'ACTIVATED', 'ACTIVE'];

/**
 * A webhook destination of a New Relic workflow: the default template, or ours with service, environment and runbook. One
 * message for each change of an issue. Source: docs.newrelic.com/docs/alerts/get-notified, notification integrations.
 */
export const inbound = defineInbound({
  type: 'newrelic',
  description: 'Webhook destination of a New Relic workflow.',
  settings: {},
  parse(_settings, body) {
    const key = firstText(at(body, 'issueId'), at(body, 'id'));
    if (key === null) return malformed('"id" is missing: is this the template of a New Relic workflow?');
    const state = text(at(body, 'state'))?.toUpperCase() ?? '';
    if (!ENDED.includes(state) && !OPEN.includes(state)) {
      return malformed(`"state" must be one of ${[...OPEN, ...ENDED].join(', ')}`);
    }
    const resolved = ENDED.includes(state);
    const conditions = words(at(body, 'alertConditionNames'));
    const policies = words(at(body, 'alertPolicyNames'));
    const entities = words(at(body, 'impactedEntities'));
    const labels = texts(at(body, 'labels'));
    if (conditions) labels.condition = conditions;
    if (policies) labels.newrelic_policy = policies;
    const said = [
      words(at(body, 'text')) ?? words(at(body, 'description')),
      conditions && `condition: ${conditions}`,
      entities && `entities: ${entities}`,
    ];
    return {
      alerts: [
        {
          key,
          state: resolved ? 'resolved' : 'firing',
          title: words(at(body, 'title')) ?? conditions ?? 'New Relic',
          text: said.filter((line) => line !== null).join('\n') || null,
          severity: firstText(at(body, 'priority')),
          service: words(at(body, 'service')) ?? onlyEntity(at(body, 'impactedEntities')),
          environment: words(at(body, 'environment')),
          labels,
          url: firstText(at(body, 'issueUrl'), at(body, 'issuePageUrl')),
          runbook: words(at(body, 'runbook')),
          // A message that something was acknowledged, or that a priority changed, is of the same beginning.
          at: time(resolved ? (at(body, 'closedAt') ?? at(body, 'updatedAt')) : at(body, 'createdAt')),
        },
      ],
    };
  },
});

/** An issue about one entity is about what that entity is called. */
function onlyEntity(value: unknown): string | null {
  return list(value).length === 1 ? text(list(value)[0]) : null;
}

/** Templates give lists where there may be several, and texts where somebody took the first. */
function words(value: unknown): string | null {
  if (!Array.isArray(value)) return text(value);
  const each = list(value).flatMap((entry) => text(entry) ?? []);
  return each.length === 0 ? null : each.slice(0, 20).join(', ');
}
