import { malformed } from '../../signatures.ts';
import { defineInbound } from '../define.ts';
import { at, firstText, list, text, texts, time } from '../fields.ts';

const LEVELS = ['OK', 'INFO', 'WARNING', 'CRITICAL'];

/**
 * What `.post()` of Kapacitor's alert node sends: one event of one alert id, at every change of its level. Source:
 * docs.influxdata.com/kapacitor/v1/reference/event_handlers/post.
 */
export const inbound = defineInbound({
  type: 'kapacitor',
  description: 'The post handler of Kapacitor.',
  settings: {},
  parse(_settings, body) {
    const key = text(at(body, 'id'));
    if (key === null) return malformed('"id" is missing: is this the post handler of Kapacitor?');
    const level = text(at(body, 'level'))?.toUpperCase() ?? '';
    if (!LEVELS.includes(level)) return malformed(`"level" must be one of ${LEVELS.join(', ')}`);
    // Tags of the group; the series of a batch task share them.
    const tags = texts(at(list(at(body, 'data', 'series'))[0], 'tags'));
    return {
      alerts: [
        {
          key,
          state: level === 'OK' ? 'resolved' : 'firing',
          title: firstText(at(body, 'message')) ?? key,
          text: details(at(body, 'details')),
          // A tag of the task, such as compiled policies set, says more than four levels.
          severity: level === 'OK' ? null : firstText(tags.priority, tags.severity, level),
          service: firstText(tags.service, tags['service.name'], tags.service_name),
          environment: firstText(tags.environment, tags.env, tags['deployment.environment']),
          labels: tags,
          url: null,
          runbook: null,
          at: time(at(body, 'time')),
        },
      ],
    };
  },
});

/** Without a template of the task's own, details are the whole event once more, as JSON in HTML. */
function details(value: unknown): string | null {
  const written = text(value);
  if (written === null || /^(\{|&#?\w+;|&#123;)/.test(written)) return null;
  return text(written.replaceAll(/<br\s*\/?>|<\/(?:p|h\d|li|div|tr)>/gi, '\n').replaceAll(/<[^<>]*>/g, ''));
}
