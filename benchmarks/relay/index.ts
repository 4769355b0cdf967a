import { VERSION as COLLECTOR } from '../../test/backends/install/collector.ts';
import { VERSION as TELEGRAF } from '../../test/backends/install/telegraf.ts';
import type { Report, Suite, SuiteOptions } from '../suite.ts';
import { type Leg, type Measured, measure, WARM_UP_ROUNDS } from './legs.ts';
import { LINES, SPANS, spans } from './payload.ts';
import { startSpanLegs } from './span-legs.ts';
import { startStatsdLegs } from './statsd-legs.ts';

const SPAN_TARGET = 4;
const METRIC_TARGET = 1.2;

/** What a span and a StatsD metric cost on their way through, beside the servers that do the same. */
export const suite: Suite = {
  title: 'Relay: spans and StatsD, beside the OpenTelemetry Collector and Telegraf',

  async run({ quick, progress }: SuiteOptions): Promise<Report> {
    const [spanRounds, spanAmount] = quick ? [2, 100 * SPANS] : [7, 200 * SPANS];
    const [metricRounds, metricAmount] = quick ? [2, 20_000 * LINES] : [5, 40_000 * LINES];
    const tell = (measured: Measured[]) => {
      for (const { name, micros } of measured) progress(`${name}: ${micros.toFixed(2)} µs`);
      return measured;
    };
    const ofSpans = tell(await compare(startSpanLegs, spanRounds, spanAmount));
    const ofMetrics = tell(await compare(startStatsdLegs, metricRounds, metricAmount));
    return {
      method: [
        'CPU of the whole process per item that arrived, user and system, threads and children included, from the operating system. Senders and sinks are processes of their own.',
        `Medians of ${spanRounds} interleaved rounds of ${spanAmount.toLocaleString('en')} spans (${SPANS} a request, ${Math.round(spans().length / SPANS)} bytes each, 8 connections) and ${metricRounds} of ${metricAmount.toLocaleString('en')} metrics (${LINES} a datagram, DogStatsD tags, 160,000 a second), after ${WARM_UP_ROUNDS} for warming up. A round ends when the last item is through.`,
        'Ringdown answers a client after fdatasync; the Collector’s queue writes to its file without (its default).',
        'Telegraf keeps what it adds up in memory; Ringdown’s lines are on disk before they are handed over.',
      ],
      versions: { node: process.versions.node, collector: COLLECTOR, telegraf: TELEGRAF },
      table: {
        columns: ['leg', 'µs CPU an item', 'target', 'sent', 'arrived', 'lost', 'bytes out an item'],
        rows: [
          ...ofSpans.map((leg, index) => row(leg, index === 0 ? SPAN_TARGET : undefined)),
          ...ofMetrics.map((leg, index) => row(leg, index === 0 ? METRIC_TARGET : undefined)),
        ],
      },
      findings: [...findingsOfSpans(ofSpans), ...findingsOfMetrics(ofMetrics)],
    };
  },
};

async function compare(
  start: () => Promise<{ legs: Leg[]; stop(): Promise<void> }>,
  rounds: number,
  amount: number,
): Promise<Measured[]> {
  const { legs, stop } = await start();
  try {
    return await measure(legs, rounds, amount);
  } finally {
    await stop();
  }
}

function row({ name, micros, sent, arrived, bytes }: Measured, target?: number): string[] {
  const whole = (count: number) => count.toLocaleString('en');
  const size = bytes > 0 ? String(Math.round(bytes)) : '';
  return [name, micros.toFixed(2), target?.toString() ?? '', whole(sent), whole(arrived), whole(sent - arrived), size];
}

function findingsOfSpans([both, one, collector, bothGzip, oneGzip, collectorGzip]: Measured[]): string[] {
  return [
    against('A span to two backends', both!, SPAN_TARGET),
    `Like for like, OTLP in and out through a queue on disk: ${ratio(one!, collector!)} uncompressed, ${ratio(oneGzip!, collectorGzip!)} with gzip.`,
    `To two backends with gzip a span costs ${bothGzip!.micros.toFixed(2)} µs.`,
  ];
}

function findingsOfMetrics([handed, aggregated, telegraf]: Measured[]): string[] {
  return [
    against('A StatsD metric', handed!, METRIC_TARGET),
    `Added up and sent on it costs ${aggregated!.micros.toFixed(2)} µs: ${ratio(aggregated!, telegraf!)}.`,
  ];
}

function against(what: string, { micros }: Measured, target: number): string {
  const verdict = micros <= target ? `within ${target}` : `over the target of ${target}`;
  return `${what} costs ${micros.toFixed(2)} µs: ${verdict}.`;
}

function ratio(ours: Measured, theirs: Measured): string {
  const times = theirs.micros / ours.micros;
  const words = times >= 1 ? `${times.toFixed(1)} times less than` : `${(1 / times).toFixed(1)} times as much as`;
  return `${ours.micros.toFixed(2)} µs against ${theirs.micros.toFixed(2)} µs, ${words} theirs`;
}
