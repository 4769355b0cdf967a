import type { Measured } from './measured.ts';
import { type DimensionGuard, printable, unitOf } from './metric-directive.ts';
import type { Document } from './spans.ts';
import { hasAny, type Origin, originOf, present, toJson } from './values.ts';

/** Of EMF: metrics in one document. */
const MOST_METRICS = 100;
const MOST_NAME_CHARACTERS = 255;
const TAKEN = new Set([
  '_aws',
  'signal',
  'event_id',
  'time',
  'at_ms',
  'service',
  'environment',
  'attributes',
  'resource',
]);

/** Puts what belongs to the same moment, resource and attributes into one EMF document, up to 100 metrics each. */
export function metricDocuments(
  measured: readonly Measured[],
  position: number,
  guard: DimensionGuard,
): (Document & { items: number })[] {
  const groups = new Map<string, Measured[][]>();
  for (const one of measured) {
    const key = toJson([one.timestampMs, one.resource, one.attributes]);
    const documents = groups.get(key) ?? [];
    if (documents.length === 0) groups.set(key, documents);
    const fitting = documents.find((list) => list.length < MOST_METRICS && list.every(({ name }) => name !== one.name));
    if (fitting) fitting.push(one);
    else documents.push([one]);
  }
  return [...groups.values()].flat().map((list, index) => metricDocument(list, `${position}.${index}`, guard));
}

function metricDocument(list: readonly Measured[], id: string, guard: DimensionGuard): Document & { items: number } {
  const { timestampMs, resource, attributes } = list[0]!;
  const origin = nameable(originOf(resource));
  const members = guard.members(attributes);
  const named = list.map((one) => ({ name: memberName(one.name, members), one }));
  const metrics = named.map(({ name, one }) => ({ Name: name, Unit: unitOf(one.unit, one.type === 'counter') }));
  const directives = guard.directives(metrics, origin, members);
  const message = toJson({
    ...(directives.length > 0 ? { _aws: { Timestamp: timestampMs, CloudWatchMetrics: directives } } : {}),
    ...present({
      signal: 'metric',
      event_id: id,
      at_ms: timestampMs,
      service: origin.service,
      environment: origin.environment,
      service_version: origin.version,
    }),
    ...members,
    ...Object.fromEntries(named.map(({ name, one }) => [name, one.value])),
    ...(hasAny(attributes) ? { attributes } : {}),
  });
  return { origin, timestampMs, message, items: list.reduce((sum, { items }) => sum + items, 0) };
}

/** Metrics are looked up by names that a dimension can have. */
function nameable(origin: Origin): Origin {
  return {
    ...origin,
    service: printable(origin.service) || '_',
    environment: printable(origin.environment) || '_',
  };
}

/** A metric is a member of its document; one that would hide another member gets an underscore behind its name. */
export function memberName(name: string, members: Record<string, string> = {}): string {
  const printed = printable(name).slice(0, MOST_NAME_CHARACTERS - 1) || '_';
  return TAKEN.has(printed) || printed in members ? `${printed}_` : printed;
}
