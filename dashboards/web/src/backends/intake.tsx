import type { ReceiverStatus, SourceStatus } from '../../../../control/resources.ts';
import { Fact } from '../parts/page-parts.tsx';
import { CheckMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { countWords, plural, sizeWords } from '../time/words.ts';

/** What came in, before any backend. Counters begin with the relay's process. */
export function Receivers({ receiver }: { receiver: ReceiverStatus }) {
  return (
    <section className="panel section-body" aria-label="Receivers">
      <dl className="facts">
        <Fact label="OTLP requests accepted">{countWords(receiver.otlp_requests)}</Fact>
        <Fact label="OTLP requests refused">{countWords(receiver.otlp_refused)}</Fact>
        <Fact label="StatsD packets">{countWords(receiver.statsd_packets)}</Fact>
        <Fact label="StatsD lines malformed">{countWords(receiver.statsd_malformed)}</Fact>
        {(receiver.statsd_lost ?? 0) > 0 && (
          <Fact label="StatsD lines lost: the spool was away">{countWords(receiver.statsd_lost ?? 0)}</Fact>
        )}
        {(receiver.overflowed ?? 0) > 0 && (
          <Fact label="Items under an overflow tag: too many tag sets">
            {countWords(receiver.overflowed ?? 0)}
            {receiver.overflowing?.[0] && <span className="faint"> most of {receiver.overflowing[0].metric}</span>}
          </Fact>
        )}
        <Fact label="Dropped by the kernel, StatsD">
          {receiver.statsd_socket_drops === null
            ? 'this system does not tell'
            : countWords(receiver.statsd_socket_drops)}
        </Fact>
        <Fact label="Spool on disk">{sizeWords(receiver.spool_bytes)}</Fact>
      </dl>
    </section>
  );
}

/** Logs that are fetched from elsewhere, and how far. */
export function Sources({ sources }: { sources: SourceStatus[] }) {
  return (
    <section className="panel" aria-labelledby="sources">
      <div className="section-head">
        <h2 id="sources">Fetched logs</h2>
        <span className="soft">since the relay started</span>
      </div>
      <ul className="source-list">
        {sources.map((source) => (
          <li key={source.name}>
            <div className="backend-head">
              <strong>{source.name}</strong>
              <span className="tag">{source.type}</span>
              <CheckMark good={source.healthy} label={source.healthy ? 'fetching' : 'not fetching'} />
              <span className="soft">
                {plural(source.received, 'log record')}
                {' · '}
                {source.fetched_up_to ? (
                  <>
                    up to <Time at={source.fetched_up_to} as="ago" />
                  </>
                ) : (
                  'nothing yet'
                )}
              </span>
            </div>
            {source.last_error && <p className="source-error mono">{source.last_error}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}
