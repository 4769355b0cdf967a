import { measurement, tagPart } from './line-protocol.ts';

/** Measurements that are not metrics; a metric that is called like one of them has a prefix. */
const OURS = new Set(['spans', 'logs', 'annotations', 'traces', 'versions', 'requests_1m']);
const PREFIX = 'metric.';

/** Keys that a tag of a metric cannot have: `time` is InfluxDB's own, the others are fields and tags of ours. */
const TAKEN = new Set([
  ...['time', '_field', '_measurement', 'metric_type', 'unit', 'temporality'],
  ...['value', 'count', 'sum', 'lower', 'upper', 'mean', 'buckets', 'ns', 'start_ms', 'series', 'attributes'],
]);

/** What takes a value per request, person or machine is never a tag: it is kept in the field `attributes`. */
const UNBOUNDED =
  /^(url\.(full|path|query)|http\.(url|target)|(client|network\.peer|net\.peer|net\.sock\.peer)\.(address|port|ip|name|addr)|(user|enduser|session|thread)\.(id|name|email|full_name|hash)|trace_?id|span_?id|request_?id|.*\.(message|stacktrace)|exception\..*|db\.(query\.text|statement)|messaging\.message\.id)$/i;

/** Before escaping: the measurement of a metric, as queries name it. */
export function measurementOf(metric: string): string {
  // A line that begins with # is a comment, and a measurement must have a name.
  const needsPrefix = metric === '' || OURS.has(metric) || /^[#_]/.test(metric) || metric.startsWith(PREFIX);
  return needsPrefix ? PREFIX + metric : metric;
}

/** The metric of a measurement; undefined for measurements that are no metric. */
export function metricOf(name: string): string | undefined {
  if (OURS.has(name)) return undefined;
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

/** Before escaping: the tag that an attribute of a metric becomes; undefined when it becomes none. */
export function tagOf(attribute: string): string | undefined {
  if (attribute === '' || UNBOUNDED.test(attribute)) return undefined;
  return TAKEN.has(attribute) ? `${attribute}_` : attribute;
}

export function measurementText(metric: string): string {
  return measurement(measurementOf(metric));
}

export function tagText(attribute: string): string | undefined {
  const name = tagOf(attribute);
  return name === undefined ? undefined : tagPart(name);
}
