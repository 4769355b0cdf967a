import { createHash } from 'node:crypto';
import type { Signal } from '../../exporter.ts';
import type { ElasticsearchConfig } from './config.ts';
import { streamPattern } from './stream-name.ts';

/** Above Elastic's own for logs-*-*, metrics-*-* and traces-*, which have 100 to 200. */
const PRIORITY = 500;
/** Raised with every change of what stands below. */
const VERSION = 1;
/** Longer values are kept and shown; they are found by other fields only. Lucene takes terms of 32,766 bytes. */
const KEYWORD = { type: 'keyword', ignore_above: 1_024 } as const;
const LONGEST_TEXT = 8_191;
/** For attributes: one field, whatever their names. 20 levels are the default, OTLP allows more. */
const FLATTENED = { type: 'flattened', ignore_above: 1_024, depth_limit: 130 } as const;
const LONG = { type: 'long' } as const;
const DOUBLE = { type: 'double' } as const;
const TIME = { type: 'date_nanos' } as const;
/** Found by any part of it, in lower case. Terms only: nothing sorts or groups by it. */
const SEARCHED = { type: 'keyword', normalizer: 'lowercase', doc_values: false, ignore_above: LONGEST_TEXT } as const;

const ORIGIN = {
  '@timestamp': TIME,
  'service.name': KEYWORD,
  'service.version': KEYWORD,
  'service.environment': KEYWORD,
  'scope.name': KEYWORD,
  attributes: FLATTENED,
  resource: FLATTENED,
};

const FIELDS: Record<Signal, Record<string, object>> = {
  traces: {
    ...ORIGIN,
    'trace.id': KEYWORD,
    'span.id': KEYWORD,
    'parent.id': KEYWORD,
    'span.name': KEYWORD,
    'span.kind': KEYWORD,
    'status.code': KEYWORD,
    'status.message': { type: 'keyword', ignore_above: LONGEST_TEXT, doc_values: false },
    'event.duration': LONG,
    'event.outcome': KEYWORD,
    'http.request.method': KEYWORD,
    'http.response.status_code': LONG,
    'http.route': KEYWORD,
    'url.path': KEYWORD,
    'client.address': KEYWORD,
    'user.id': KEYWORD,
    'user_agent.synthetic.type': KEYWORD,
    events: { type: 'object', enabled: false },
  },
  logs: {
    ...ORIGIN,
    'log.level': KEYWORD,
    message: { type: 'text', fields: { searched: SEARCHED } },
    'trace.id': KEYWORD,
    'span.id': KEYWORD,
    'event.name': KEYWORD,
    'error.type': { ...KEYWORD, fields: { searched: SEARCHED } },
    'error.message': { type: 'text', fields: { searched: SEARCHED } },
    'error.stack_trace': { type: 'text', fields: { searched: SEARCHED } },
    'ringdown.position': LONG,
    'ringdown.item': { type: 'integer' },
  },
  metrics: {
    ...ORIGIN,
    'metric.name': KEYWORD,
    'metric.unit': KEYWORD,
    'metric.type': KEYWORD,
    'metric.temporality': KEYWORD,
    'metric.start': { ...TIME, index: false },
    'metric.series': KEYWORD,
    'metric.value': DOUBLE,
    'metric.count': DOUBLE,
    'metric.sum': DOUBLE,
    'metric.min': DOUBLE,
    'metric.max': DOUBLE,
    // Not Elasticsearch's histogram type, which some distributions lack and which cannot take back what was counted before.
    'metric.buckets': { type: 'nested', properties: { lower: DOUBLE, upper: DOUBLE, count: DOUBLE } },
  },
};

export interface Template {
  path: string;
  body: { version: number; _meta: { managed_by: string; hash: string } } & Record<string, unknown>;
}

/**
 * What is put into Elasticsearch: a component of settings and one of mappings for each signal, and the index templates
 * that join them with `<prefix>@custom`, a component of the user's own that may be missing.
 */
export function templates({ prefix, retentionHours }: ElasticsearchConfig): Template[] {
  const component = (name: string) => `${prefix}-${name}`;
  const signals = ['traces', 'metrics', 'logs'] as const;
  return [
    template(`/_component_template/${component('settings')}`, {
      template: { settings: { index: { codec: 'best_compression', mapping: { total_fields: { limit: 1_000 } } } } },
    }),
    ...signals.map((signal) =>
      template(`/_component_template/${component(`${signal}-mappings`)}`, {
        template: { mappings: { dynamic: false, date_detection: false, properties: FIELDS[signal] } },
      }),
    ),
    ...signals.map((signal) =>
      template(`/_index_template/${signal}-${prefix}`, {
        index_patterns: [streamPattern(signal, prefix)],
        data_stream: {},
        priority: PRIORITY,
        composed_of: [component('settings'), component(`${signal}-mappings`), `${prefix}@custom`],
        ignore_missing_component_templates: [`${prefix}@custom`],
        template: { lifecycle: { data_retention: `${retentionHours}h` } },
      }),
    ),
  ];
}

function template(path: string, content: Record<string, unknown>): Template {
  const hash = createHash('sha1').update(JSON.stringify(content)).digest('hex').slice(0, 12);
  return { path, body: { ...content, version: VERSION, _meta: { managed_by: 'ringdown', hash } } };
}
