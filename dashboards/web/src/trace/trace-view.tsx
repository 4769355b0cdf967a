import { useMemo, useState } from 'react';
import type { LogRow, Trace } from '../../../../control/resources.ts';
import { axisOf } from '../run/waterfall.ts';
import { durationWords, plural } from '../time/words.ts';
import { branchOf } from './branch.ts';
import { LogList } from './log-list.tsx';
import { SpanDetail } from './span-detail.tsx';
import { deepestExceptions, type SpanNode, spanTree } from './span-tree.ts';
import './trace-view.css';

/**
 * A trace as a tree on one time axis, with its logs below.
 * @param focus show only this span and what is below it; null shows everything
 */
export function TraceView({ trace, focus }: { trace: Trace; focus: string | null }) {
  const tree = useMemo(() => spanTree(trace.spans, trace.logs), [trace]);
  const branch = useMemo(() => branchOf(tree, focus), [tree, focus]);
  const telling = useMemo(() => deepestExceptions(branch.nodes), [branch]);
  const axis = axisOf(branch.nodes.map((node) => node.offset_ms - branch.start_ms + node.span.duration_ms));
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const logs: LogRow[] = focus === null ? trace.logs : branch.nodes.flatMap((node) => node.logs);

  return (
    <>
      <div className="span-tree">
        <div className="waterfall-head" aria-hidden="true">
          <div className="waterfall-axis">
            {axis.ticks.map((tick) => (
              <span key={tick.ms} className="tick-label" style={{ left: `${tick.at}%` }}>
                {tick.ms === 0 ? '0 ms' : durationWords(tick.ms)}
              </span>
            ))}
          </div>
        </div>
        <ol aria-label={`${plural(branch.nodes.length, 'span')} in ${durationWords(axis.total_ms)}`}>
          {branch.nodes.map((node) => {
            const open = toggled.get(node.span.span_id) ?? telling.has(node);
            return (
              <li key={node.span.span_id} className="span" data-status={node.span.status} data-kind={node.span.kind}>
                <SpanRow
                  node={node}
                  depth={node.depth - branch.depth}
                  left={((node.offset_ms - branch.start_ms) / axis.total_ms) * 100}
                  width={(node.span.duration_ms / axis.total_ms) * 100}
                  ticks={axis.ticks.map((tick) => tick.at)}
                  open={open}
                  toggle={() => setToggled(new Map(toggled).set(node.span.span_id, !open))}
                />
                {open && <SpanDetail node={node} />}
              </li>
            );
          })}
        </ol>
      </div>
      <section className="trace-logs" aria-label="Logs of this trace">
        <h3>
          {logs.length === 0 ? 'No logs' : plural(logs.length, 'log record')}{' '}
          {focus === null ? 'in this trace' : 'of this request'}
        </h3>
        {logs.length > 0 && <LogList logs={logs} />}
      </section>
    </>
  );
}

interface SpanRowProps {
  node: SpanNode;
  depth: number;
  left: number;
  width: number;
  ticks: number[];
  open: boolean;
  toggle(): void;
}

function SpanRow({ node, depth, left, width, ticks, open, toggle }: SpanRowProps) {
  const { span } = node;
  const code = span.attributes['http.response.status_code'];
  return (
    <button type="button" className="step-row span-row" aria-expanded={open} onClick={toggle} data-row>
      <span className="step-name" style={{ paddingLeft: `${Math.min(depth, 8) * 14}px` }}>
        <span className="chevron" aria-hidden="true" />
        <span className="span-kind" data-kind={span.kind}>
          {span.kind}
        </span>
        <span className="step-title">
          {span.name}
          {node.orphan && <span className="faint"> (its parent is not here)</span>}
        </span>
      </span>
      <span className="step-status">
        {span.status === 'error' && <span className="span-error">error </span>}
        {typeof code === 'number' && <span className="mono">{code}</span>}
      </span>
      <span className="step-time">{durationWords(span.duration_ms)}</span>
      <span className="step-track" aria-hidden="true">
        {ticks.map((at) => (
          <span key={at} className="tick" style={{ left: `${at}%` }} />
        ))}
        <span className="segment" style={{ left: `${Math.max(0, left)}%`, width: `${Math.max(0, width)}%` }} />
      </span>
    </button>
  );
}
