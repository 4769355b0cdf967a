import { AttributeList, ExceptionView } from './evidence.tsx';
import { LogList } from './log-list.tsx';
import { exceptionsOf, type SpanNode } from './span-tree.ts';

/** A span's exceptions first, then its logs, then its attributes. */
export function SpanDetail({ node }: { node: SpanNode }) {
  const { span } = node;
  const told = exceptionsOf(span).map((exception) => `${exception.type}: ${exception.message}`);
  const events = span.events.filter((event) => event.name !== 'exception');
  return (
    <div className="span-detail">
      {span.status_message && !told.some((text) => text.includes(span.status_message!)) && (
        <p className="span-error">{span.status_message}</p>
      )}
      {exceptionsOf(span).map((exception) => (
        <ExceptionView key={`${exception.type} ${exception.message}`} exception={exception} />
      ))}
      {node.logs.length > 0 && <LogList logs={node.logs} />}
      <p className="faint">
        {span.service}
        {span.service_version && ` ${span.service_version}`} · span <span className="mono">{span.span_id}</span>
      </p>
      <AttributeList title="Attributes" attributes={span.attributes} />
      {events.map((event) => (
        <AttributeList
          key={`${event.time} ${event.name}`}
          title={`Event: ${event.name}`}
          attributes={event.attributes}
        />
      ))}
      <details>
        <summary>Resource</summary>
        <AttributeList title="Resource" attributes={span.resource} />
      </details>
    </div>
  );
}
