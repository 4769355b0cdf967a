import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { commonFields } from './flatten.ts';
import { runQuery } from './insights-language.ts';

export interface StoredEvent {
  eventId: string;
  timestamp: number;
  ingestionTime: number;
  message: string;
}

interface Group {
  retentionInDays?: number;
  streams: Map<string, StoredEvent[]>;
}

interface Refusal {
  status: number;
  type: string;
  message: string;
  headers?: Record<string, string>;
}

const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_048_576;
const OVERHEAD_BYTES = 26;
const DAY_MS = 86_400_000;

/**
 * A stand-in for CloudWatch Logs, written from the API reference: it speaks AWS JSON 1.1 and enforces the documented
 * limits of PutLogEvents. It is not the service: authentication is not looked at, and nothing takes time.
 */
export class CloudwatchLogsStandIn {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly groups = new Map<string, Group>();
  /** Requests by operation. */
  readonly calls: string[] = [];
  readonly #queries = new Map<string, { field: string; value: string }[][]>();
  readonly #fields = new WeakMap<StoredEvent, Record<string, string | number>>();
  #mode: 'up' | 'away' | 'silent' = 'up';
  #refusals: Refusal[] = [];
  #refusedText: string | undefined;
  #held: (() => void)[] = [];
  #ids = 0;
  readonly #now: () => number;
  url = '';

  /** @param now Unix milliseconds: what is too old and too new is judged by it */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.up();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Connections are cut. */
  away(): void {
    this.#mode = 'away';
  }

  /** Requests are taken in and get no answer until it is up. */
  silent(): void {
    this.#mode = 'silent';
  }

  up(): void {
    this.#mode = 'up';
    for (const answer of this.#held.splice(0)) answer();
  }

  /** The next request is refused so. */
  refuseNext(refusal: Refusal): void {
    this.#refusals.push(refusal);
  }

  /** From now on a request is refused whole when one of its events holds the text. */
  refuseText(text: string): void {
    this.#refusedText = text;
  }

  /** Of all groups, in the order in which they came. */
  events(): StoredEvent[] {
    return [...this.groups.values()].flatMap(({ streams }) => [...streams.values()].flat());
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (this.#mode === 'away') return void request.socket.destroy();
    if (this.#mode === 'silent') await new Promise<void>((resolve) => this.#held.push(resolve));
    const operation = String(request.headers['x-amz-target']).replace('Logs_20140328.', '');
    this.calls.push(operation);
    const refusal = this.#refusals.shift();
    const send = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...headers });
      response.end(JSON.stringify(body));
    };
    if (refusal) return send(refusal.status, { __type: refusal.type, message: refusal.message }, refusal.headers);
    try {
      send(200, this.#answer(operation, JSON.parse(Buffer.concat(parts).toString())));
    } catch (error) {
      const { name, message } = error as Error;
      send(name === 'Error' || name === 'TypeError' ? 500 : 400, { __type: name, message });
    }
  }

  #answer(operation: string, input: Record<string, unknown>): unknown {
    const groupName = String(input.logGroupName);
    const group = this.groups.get(groupName);
    switch (operation) {
      case 'CreateLogGroup':
        if (group) refuse('ResourceAlreadyExistsException', 'The specified log group already exists');
        this.groups.set(groupName, { streams: new Map() });
        return {};
      case 'CreateLogStream':
        if (!group) refuse('ResourceNotFoundException', 'The specified log group does not exist.');
        if (group.streams.has(String(input.logStreamName))) {
          refuse('ResourceAlreadyExistsException', 'The specified log stream already exists');
        }
        group.streams.set(String(input.logStreamName), []);
        return {};
      case 'PutRetentionPolicy':
        if (!group) refuse('ResourceNotFoundException', 'The specified log group does not exist.');
        group.retentionInDays = Number(input.retentionInDays);
        return {};
      case 'DescribeLogGroups':
        return this.#describe(input);
      case 'PutLogEvents':
        if (!group) refuse('ResourceNotFoundException', 'The specified log group does not exist.');
        return this.#put(group, input);
      case 'FilterLogEvents':
        if (!group) refuse('ResourceNotFoundException', 'The specified log group does not exist.');
        return this.#filter(group, input);
      case 'StartQuery':
        return this.#start(input);
      case 'GetQueryResults':
        return { status: 'Complete', results: this.#queries.get(String(input.queryId)) ?? [] };
      default:
        return refuse('UnknownOperationException', operation);
    }
  }

  #describe({ logGroupNamePrefix, nextToken, limit }: Record<string, unknown>): unknown {
    const names = [...this.groups.keys()].filter((name) => name.startsWith(String(logGroupNamePrefix ?? ''))).sort();
    const from = Number(nextToken ?? 0);
    const end = from + Number(limit ?? 50);
    return {
      logGroups: names.slice(from, end).map((logGroupName) => {
        const { retentionInDays } = this.groups.get(logGroupName)!;
        return { logGroupName, ...(retentionInDays === undefined ? {} : { retentionInDays }) };
      }),
      ...(end < names.length ? { nextToken: String(end) } : {}),
    };
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
  #put(group: Group, input: Record<string, unknown>): unknown {
    const stream = group.streams.get(String(input.logStreamName));
    if (!stream) refuse('ResourceNotFoundException', 'The specified log stream does not exist.');
    const events = input.logEvents as { timestamp: number; message: string }[];
    const sizes = events.map(({ message }) => Buffer.byteLength(message) + OVERHEAD_BYTES);
    if (events.length < 1 || events.length > MOST_EVENTS) refuse('InvalidParameterException', 'too many log events');
    if (sizes.reduce((sum, size) => sum + size, 0) > MOST_BYTES) {
      refuse('InvalidParameterException', 'Upload too large: bytes exceed limit of 1048576');
    }
    events.forEach(({ timestamp, message }, index) => {
      if (this.#refusedText !== undefined && message.includes(this.#refusedText)) {
        refuse('InvalidParameterException', 'one of the log events is invalid');
      }
      if (message === '') refuse('InvalidParameterException', 'empty message');
      if (timestamp < (events[index - 1]?.timestamp ?? 0)) {
        refuse(
          'InvalidParameterException',
          'Log events in a single PutLogEvents request must be in chronological order.',
        );
      }
    });
    if (events.at(-1)!.timestamp - events[0]!.timestamp > DAY_MS) {
      refuse(
        'InvalidParameterException',
        'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
      );
    }
    const now = this.#now();
    const isOld = ({ timestamp }: { timestamp: number }) => timestamp < now - 14 * DAY_MS;
    const isNew = ({ timestamp }: { timestamp: number }) => timestamp > now + 2 * 3_600_000;
    for (const event of events) {
      if (isOld(event) || isNew(event)) continue;
      stream.push({ ...event, eventId: String(this.#ids++).padStart(56, '0'), ingestionTime: now });
    }
    const old = events.filter(isOld).length;
    const firstNew = events.findIndex(isNew);
    if (old === 0 && firstNew < 0) return {};
    return {
      rejectedLogEventsInfo: {
        ...(old > 0 ? { tooOldLogEventEndIndex: old } : {}),
        ...(firstNew >= 0 ? { tooNewLogEventStartIndex: firstNew } : {}),
      },
    };
  }

  /** Quoted terms are the only patterns it knows. Pages are short on purpose. */
  #filter(group: Group, input: Record<string, unknown>): unknown {
    const pattern = input.filterPattern === undefined ? undefined : /^"(.*)"$/.exec(String(input.filterPattern))?.[1];
    if (input.filterPattern !== undefined && pattern === undefined)
      refuse('InvalidParameterException', 'Invalid filter pattern');
    const found = [...group.streams]
      .flatMap(([logStreamName, events]) => events.map((event) => ({ ...event, logStreamName })))
      .filter(
        ({ timestamp }) => timestamp >= Number(input.startTime ?? 0) && timestamp <= Number(input.endTime ?? 8.64e15),
      )
      .filter(({ message }) => pattern === undefined || message.includes(pattern))
      .sort((a, b) => a.timestamp - b.timestamp);
    const from = Number(input.nextToken ?? 0);
    const end = from + Math.min(Number(input.limit ?? 1_000), 1_000);
    return { events: found.slice(from, end), ...(end < found.length ? { nextToken: String(end) } : {}) };
  }

  #fieldsOf(event: StoredEvent): Record<string, string | number> {
    const known = this.#fields.get(event) ?? { ...commonFields(JSON.parse(event.message)), '@message': event.message };
    this.#fields.set(event, known);
    return known;
  }

  #start(input: Record<string, unknown>): unknown {
    const names = input.logGroupNames as string[];
    if (names.length > 50) refuse('InvalidParameterException', 'more than 50 log groups');
    const [from, to] = [Number(input.startTime) * 1_000, Number(input.endTime) * 1_000 + 999];
    const events = names
      .flatMap((name) => [...(this.groups.get(name)?.streams.values() ?? [])].flat())
      .filter(({ timestamp }) => timestamp >= from && timestamp <= to)
      .map((event) => this.#fieldsOf(event));
    let rows: Record<string, string>[] = [];
    try {
      rows = runQuery(String(input.queryString), events);
    } catch (error) {
      refuse('MalformedQueryException', (error as Error).message);
    }
    const queryId = `query-${this.#ids++}`;
    this.#queries.set(
      queryId,
      rows.map((row) => Object.entries(row).map(([field, value]) => ({ field, value }))),
    );
    return { queryId };
  }
}

function refuse(name: string, message: string): never {
  throw Object.assign(new Error(message), { name });
}
