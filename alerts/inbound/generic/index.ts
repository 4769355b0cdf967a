import { type Static, Type } from 'typebox';
import { malformed } from '../../signatures.ts';
import { defineInbound } from '../define.ts';
import { time } from '../fields.ts';
import type { InboundAlert, Parsed } from '../inbound.ts';
import { fill, templateProblems, valueAt } from './template.ts';

const Template = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 2_000, description, examples: [example] });

const Mapping = Type.Object(
  {
    key: Template('What the sender calls an alert, the same when it fires and when it resolves.', '{{ item.id }}'),
    state: Template('Compared with `resolved_states`; all others fire.', '{{ item.status }}'),
    title: Template('One line.', '{{ item.title }}'),
    text: Type.Optional(Template('More about it.', '{{ item.description }}')),
    severity: Type.Optional(Template('`severities` make a priority of it.', '{{ item.severity }}')),
    service: Type.Optional(Template('What is affected.', '{{ item.service }}')),
    environment: Type.Optional(Template('Where.', '{{ item.environment }}')),
    url: Type.Optional(Template('Where it can be looked at.', '{{ item.link }}')),
    runbook: Type.Optional(Template('Where it says what to do.', '{{ item.runbook }}')),
    at: Type.Optional(
      Template('When that happened: RFC 3339, or seconds or milliseconds since 1970.', '{{ item.updated_at }}'),
    ),
    labels: Type.Optional(
      Type.Record(Type.String(), Template('A label.', '{{ item.team }}'), {
        'x-expected': 'a mapping from names to templates',
        description: 'Silences, routes and inhibition match them.',
        examples: [{ team: '{{ item.team }}' }],
      }),
    ),
  },
  { additionalProperties: false, description: 'Where in the document things stand.' },
);

const RESOLVED = ['resolved', 'ok', 'closed', 'recovered', 'normal', 'up', 'cleared', 'inactive'];

/** Any system that posts JSON: the config says where in the document things stand. */
export const inbound = defineInbound({
  type: 'generic',
  description: 'JSON of any other system, by a mapping.',
  settings: {
    map: Mapping,
    list: Type.Optional(
      Type.String({
        pattern: '^body(\\.[^\\s.]+)*$',
        'x-expected': 'a path such as body.alerts',
        description: 'Where the list of alerts stands; each is an `item`. Without it the body is the only one.',
        examples: ['body.alerts'],
      }),
    ),
    resolved_states: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: `States that mean that it is over; when absent: ${RESOLVED.join(', ')}.`,
        examples: [['ok', 'closed']],
      }),
    ),
  },
  check({ map, token, hmac }) {
    const { labels = {}, ...templates } = map;
    const credentials = token === undefined && hmac === undefined ? ['needs a token, or hmac'] : [];
    const wrong = Object.entries({ ...templates, ...labels }).flatMap(([key, template]) =>
      templateProblems(String(template)).map((problem) => `map.${key}: ${problem}`),
    );
    return [...credentials, ...wrong];
  },
  parse({ map, list, resolved_states = RESOLVED }, body): Parsed {
    const items = list === undefined ? [body] : valueAt({ body, item: undefined }, list);
    if (!Array.isArray(items)) return malformed(`${list} must be a list of alerts`);
    const ended = resolved_states.map((state) => state.toLowerCase());
    const alerts: InboundAlert[] = [];
    const skipped: string[] = [];
    items.forEach((item: unknown, index) => {
      const alert = readAlert(map, ended, { body, item });
      if (alert) alerts.push(alert);
      else skipped.push(`${list === undefined ? 'the body' : `${list}.${index}`} has no key at ${map.key}`);
    });
    return { alerts, skipped };
  },
});

function readAlert(
  map: Static<typeof Mapping>,
  ended: readonly string[],
  document: { body: unknown; item: unknown },
): InboundAlert | null {
  const field = (template: string | undefined) => (template === undefined ? null : fill(template, document));
  const key = field(map.key);
  if (key === null) return null;
  return {
    key,
    state: ended.includes((field(map.state) ?? '').toLowerCase()) ? 'resolved' : 'firing',
    title: field(map.title) ?? key,
    text: field(map.text),
    severity: field(map.severity),
    service: field(map.service),
    environment: field(map.environment),
    labels: Object.fromEntries(
      Object.entries(map.labels ?? {}).flatMap(([name, template]) => {
        const value = field(template);
        return value === null ? [] : [[name, value]];
      }),
    ),
    url: field(map.url),
    runbook: field(map.runbook),
    at: time(field(map.at)),
  };
}
