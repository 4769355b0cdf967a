import { type Static, Type } from 'typebox';
import { checkDocument, type Diagnostic, readDocument } from '../../core/document/index.ts';
import type { MetricCatalog } from './metrics.ts';

const MetricsSchema = Type.Record(
  Type.String({ minLength: 1 }),
  Type.Object(
    {
      type: Type.Enum(['counter', 'gauge', 'histogram'], { description: 'A counter only rises, a gauge is a level.' }),
      unit: Type.Optional(Type.String({ description: 'UCUM: s, ms, By, 1.', examples: ['s'] })),
    },
    { additionalProperties: false },
  ),
  { examples: [{ 'orders.placed': { type: 'counter', unit: '1' } }] },
);

/** What `--metrics` reads: `orders.placed: { type: counter, unit: "1" }`, by the name that the sender gave. */
export function readMetrics(
  text: string,
  file: string,
): { metrics: MetricCatalog; diagnostics: readonly Diagnostic[] } {
  const doc = readDocument(text, file);
  const diagnostics = doc.diagnostics.length > 0 ? doc.diagnostics : checkDocument(doc, MetricsSchema);
  if (diagnostics.length > 0) return { metrics: new Map(), diagnostics };
  const written = doc.value as Static<typeof MetricsSchema>;
  return {
    metrics: new Map(Object.entries(written).map(([name, { type, unit = '' }]) => [name, { type, unit }])),
    diagnostics: [],
  };
}
