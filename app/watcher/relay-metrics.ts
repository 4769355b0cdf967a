import type { Meter } from '@opentelemetry/api';
import type { RelayStatus } from '../../monitoring/relay/supervisor.ts';

const CIRCUIT_STATES = ['closed', 'open', 'half_open'] as const;

/** One number with its labels. */
type Reading = [value: number, labels?: Record<string, string>];

/**
 * The relay's metrics about itself. Its counters start anew when it does, as Prometheus expects of a process that was
 * restarted.
 * @param status what the relay told last; undefined before it told anything, and then nothing is observed
 */
export function observeRelay(meter: Meter, status: () => RelayStatus | undefined): void {
  const observe = (
    kind: 'createObservableGauge' | 'createObservableCounter',
    name: string,
    description: string,
    read: (told: RelayStatus) => Reading[],
  ) => {
    const unit = name.includes('_seconds') ? 's' : name.includes('_bytes') ? 'By' : '';
    meter[kind](`ringdown_relay_${name}`, { description, unit }).addCallback((result) => {
      const told = status();
      if (told) for (const [value, labels] of read(told)) result.observe(value, labels);
    });
  };
  const gauge = observe.bind(undefined, 'createObservableGauge');
  const counter = observe.bind(undefined, 'createObservableCounter');

  const ofBackend = (read: (backend: RelayStatus['backends'][number]) => number) => (told: RelayStatus) =>
    told.backends.map((backend): Reading => [read(backend), { backend: backend.name }]);
  gauge(
    'pending_bytes',
    'Bytes in the spool that wait for a backend.',
    ofBackend((each) => each.pending_bytes),
  );
  counter(
    'delivered_bytes_total',
    'Bytes that a backend has settled.',
    ofBackend((each) => each.delivered_bytes),
  );
  gauge(
    'dead_letters',
    'Records that a backend refused for good.',
    ofBackend((each) => each.dead_letters.records),
  );
  gauge(
    'dead_letter_bytes',
    'Bytes of these records.',
    ofBackend((each) => each.dead_letters.bytes),
  );
  gauge('circuit_state', '1 for the state that the circuit breaker is in, else 0.', ({ backends }) =>
    backends.flatMap(({ name: backend, circuit }) =>
      CIRCUIT_STATES.map((state): Reading => [state === circuit ? 1 : 0, { backend, state }]),
    ),
  );

  const ofExports = (read: (counters: RelayStatus['counters']['backends'][number]) => number) => (told: RelayStatus) =>
    told.counters.backends.map((each): Reading => [read(each), { backend: each.name }]);
  counter(
    'exports_total',
    'Batches handed to a backend.',
    ofExports((each) => each.exports),
  );
  counter(
    'export_retries_total',
    'Batches of which a part has to come again.',
    ofExports((each) => each.retries),
  );
  counter(
    'export_seconds_total',
    'Time that handing over took.',
    ofExports((each) => each.export_seconds),
  );
  gauge(
    'under_way_bytes',
    'Bytes of batches that are in memory.',
    ofExports((each) => each.under_way_bytes),
  );

  const ofSource = (read: (source: RelayStatus['sources'][number]) => number) => (told: RelayStatus) =>
    told.sources.map((each): Reading => [read(each), { source: each.name }]);
  counter(
    'source_records_total',
    'Log records that a source handed on.',
    ofSource((each) => each.received),
  );
  gauge(
    'source_healthy',
    '1 where a source can be fetched from, else 0.',
    ofSource((each) => (each.healthy ? 1 : 0)),
  );

  gauge('resident_memory_bytes', 'Memory of the relay process.', ({ counters }) => [[counters.rss_bytes]]);
  gauge('spool_bytes', 'Bytes of the spool on disk.', ({ receiver }) => [[receiver.spool_bytes]]);
  counter('spool_records_total', 'Records written.', ({ counters }) => [[counters.spool.records]]);
  counter('spool_written_bytes_total', 'Bytes written.', ({ counters }) => [[counters.spool.bytes]]);
  counter('spool_syncs_total', 'Calls of fdatasync.', ({ counters }) => [[counters.spool.syncs]]);
  counter('spool_sync_seconds_total', 'Time they took.', ({ counters }) => [[counters.spool.sync_seconds]]);
  counter('spool_failed_writes_total', 'Writes that failed.', ({ counters }) => [[counters.spool.failed_writes]]);

  const ofReceiver =
    (read: (receiver: RelayStatus['receiver']) => number | null | undefined) => (told: RelayStatus) => {
      const value = read(told.receiver);
      return typeof value === 'number' ? [[value] as Reading] : [];
    };
  counter(
    'otlp_requests_total',
    'OTLP requests.',
    ofReceiver((each) => each.otlp_requests),
  );
  counter(
    'otlp_refused_total',
    'OTLP requests that were refused.',
    ofReceiver((each) => each.otlp_refused),
  );
  counter(
    'statsd_packets_total',
    'StatsD datagrams.',
    ofReceiver((each) => each.statsd_packets),
  );
  counter(
    'statsd_malformed_total',
    'StatsD lines that mean nothing.',
    ofReceiver((each) => each.statsd_malformed),
  );
  counter(
    'statsd_lost_total',
    'StatsD lines that the spool could not take.',
    ofReceiver((each) => each.statsd_lost),
  );
  counter(
    'statsd_socket_drops_total',
    'Datagrams dropped by the kernel.',
    ofReceiver((each) => each.statsd_socket_drops),
  );
  counter(
    'overflowed_items_total',
    'Items whose metric has too many tag sets.',
    ofReceiver((each) => each.overflowed),
  );
}
