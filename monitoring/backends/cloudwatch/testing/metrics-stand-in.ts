import { type CloudWatchClient, GetMetricDataCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';

interface Datum {
  name: string;
  dimensions: Record<string, string>;
  timestampMs: number;
  values: number[];
  counts: number[];
}

interface Embedded {
  _aws?: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  [member: string]: unknown;
}

/** Takes the metrics out of an event, as CloudWatch does with the embedded metric format. */
export function extractMetrics(message: string, namespace: string): Datum[] {
  const document = JSON.parse(message) as Embedded;
  const found: Datum[] = [];
  for (const { Namespace, Dimensions, Metrics } of document._aws?.CloudWatchMetrics ?? []) {
    if (Namespace !== namespace) continue;
    for (const { Name } of Metrics) {
      const value = document[Name] as number | { Values: number[]; Counts: number[] };
      const [values, counts] = typeof value === 'number' ? [[value], [1]] : [value.Values, value.Counts];
      for (const set of Dimensions) {
        const dimensions = Object.fromEntries(set.map((name) => [name, document[name] as string]));
        found.push({ name: Name, dimensions, timestampMs: document._aws!.Timestamp, values, counts });
      }
    }
  }
  return found;
}

/**
 * A stand-in for CloudWatch's metrics: extracts them from log events and answers ListMetrics and GetMetricData.
 * @param messages all log events there are
 */
export function metricsStandIn(messages: () => readonly string[]): CloudWatchClient {
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof ListMetricsCommand) {
      const { Namespace, MetricName, Dimensions } = command.input;
      const all = messages().flatMap((message) => extractMetrics(message, Namespace!));
      const fitting = all.filter(
        ({ name, dimensions }) =>
          (MetricName === undefined || name === MetricName) &&
          (Dimensions ?? []).every(
            ({ Name, Value }) => Name! in dimensions && (Value === undefined || dimensions[Name!] === Value),
          ),
      );
      const distinct = new Map(
        fitting.map(({ name, dimensions }) => [identity(name, dimensions), { name, dimensions }]),
      );
      return {
        Metrics: [...distinct.values()].map(({ name, dimensions }) => ({
          MetricName: name,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        })),
      };
    }
    if (!(command instanceof GetMetricDataCommand)) throw new Error('the stand-in does not know this command');
    const { MetricDataQueries, StartTime, EndTime } = command.input;
    return {
      MetricDataResults: MetricDataQueries!.map(({ Id, MetricStat }) => {
        const { Metric, Period, Stat } = MetricStat!;
        const wanted = Object.fromEntries((Metric!.Dimensions ?? []).map(({ Name, Value }) => [Name!, Value!]));
        const data = messages()
          .flatMap((message) => extractMetrics(message, Metric!.Namespace!))
          .filter(({ name, dimensions }) => identity(name, dimensions) === identity(Metric!.MetricName!, wanted))
          .filter(({ timestampMs }) => timestampMs >= StartTime!.getTime() && timestampMs < EndTime!.getTime());
        const periods = new Map<number, Datum[]>();
        for (const datum of data) {
          const start = Math.floor(datum.timestampMs / (Period! * 1_000)) * Period! * 1_000;
          periods.set(start, [...(periods.get(start) ?? []), datum]);
        }
        return {
          Id,
          Timestamps: [...periods.keys()].map((start) => new Date(start)),
          Values: [...periods.values()].map((list) => statistic(Stat!, list)),
        };
      }),
    };
  };
  return { send, destroy: () => undefined } as unknown as CloudWatchClient;
}

function identity(name: string, dimensions: Record<string, string>): string {
  return JSON.stringify([name, Object.entries(dimensions).sort()]);
}

function statistic(stat: string, data: readonly Datum[]): number {
  const pairs = data
    .flatMap(({ values, counts }) => values.map((value, index) => [value, counts[index]!] as const))
    .sort(([a], [b]) => a - b);
  const count = pairs.reduce((sum, [, one]) => sum + one, 0);
  switch (stat) {
    case 'SampleCount':
      return count;
    case 'Sum':
      return pairs.reduce((sum, [value, one]) => sum + value * one, 0);
    case 'Minimum':
      return pairs[0]![0];
    case 'Maximum':
      return pairs.at(-1)![0];
    default: {
      const rank = Math.ceil((Number(stat.slice(1)) / 100) * count);
      let seen = 0;
      for (const [value, one] of pairs) {
        seen += one;
        if (seen >= rank) return value;
      }
      return Number.NaN;
    }
  }
}
