import { malformed } from '../../signatures.ts';
import { defineInbound } from '../define.ts';
import { at, firstText, text, texts, time } from '../fields.ts';

/**
 * A webhook action of Elasticsearch Watcher. A watch writes its body itself, with the template of docs/inbound.md; it tells
 * only of firing by itself, so a second action tells that the condition no longer holds.
 */
export const inbound = defineInbound({
  type: 'watcher',
  description: 'Webhook action of Elasticsearch Watcher, with our template.',
  settings: {},
  parse(_settings, body) {
    const watch = text(at(body, 'watch_id'));
    if (watch === null) return malformed('"watch_id" is missing: use the template of docs/inbound.md in the action');
    const state = text(at(body, 'state'))?.toLowerCase() ?? '';
    if (state !== 'firing' && state !== 'resolved') return malformed('"state" must be "firing" or "resolved"');
    const metadata = texts(at(body, 'metadata'));
    const group = text(at(body, 'key'));
    return {
      alerts: [
        {
          key: group === null ? watch : `${watch}/${group}`,
          state,
          title: firstText(at(body, 'title'), metadata.name, metadata.title) ?? watch,
          text: firstText(at(body, 'text')),
          severity: firstText(at(body, 'severity'), metadata.severity, metadata.priority),
          service: firstText(at(body, 'service'), metadata.service),
          environment: firstText(at(body, 'environment'), metadata.environment),
          labels: { ...metadata, watch },
          url: firstText(at(body, 'url')),
          runbook: firstText(at(body, 'runbook'), metadata.runbook),
          at: time(at(body, 'at')),
        },
      ],
    };
  },
});
