import type { LogEvent } from './encode/event.ts';

/** One PutLogEvents request: events of one stream in the order of their times. */
export interface PutRequest {
  group: string;
  stream: string;
  events: LogEvent[];
}

/** Limits of PutLogEvents. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_048_576;
const LONGEST_SPAN_MS = 24 * 3_600_000;

/** Puts events into as few requests as the limits allow. */
export function packRequests(events: readonly LogEvent[]): PutRequest[] {
  const streams = new Map<string, LogEvent[]>();
  for (const event of events) {
    const key = `${event.group}\0${event.stream}`;
    const list = streams.get(key);
    if (list) list.push(event);
    else streams.set(key, [event]);
  }
  return [...streams.values()].flatMap(packStream);
}

function packStream(events: LogEvent[]): PutRequest[] {
  const requests: PutRequest[] = [];
  let bytes = 0;
  // Sorting is stable: events of one millisecond stay in the order in which they came.
  for (const event of events.sort((a, b) => a.timestampMs - b.timestampMs)) {
    const open = requests.at(-1);
    const fits =
      open !== undefined &&
      open.events.length < MOST_EVENTS &&
      bytes + event.sizeBytes <= MOST_BYTES &&
      event.timestampMs - open.events[0]!.timestampMs < LONGEST_SPAN_MS;
    if (fits) {
      open.events.push(event);
      bytes += event.sizeBytes;
    } else {
      requests.push({ group: event.group, stream: event.stream, events: [event] });
      bytes = event.sizeBytes;
    }
  }
  return requests;
}
