import type { SpanRow } from '../../../../control/resources.ts';
import type { SpanException } from './span-tree.ts';

/** An exception; its stack opens. */
export function ExceptionView({ exception }: { exception: SpanException }) {
  const headline = [exception.type, exception.message].filter(Boolean).join(': ') || 'exception';
  if (!exception.stacktrace) return <p className="exception mono">{headline}</p>;
  return (
    <details className="exception">
      <summary className="mono">{headline}</summary>
      <pre>{exception.stacktrace}</pre>
    </details>
  );
}

export function AttributeList({ title, attributes }: { title: string; attributes: SpanRow['attributes'] }) {
  const entries = Object.entries(attributes).sort(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return null;
  return (
    <dl className="attributes mono" aria-label={title}>
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
