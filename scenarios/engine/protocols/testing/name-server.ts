import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface TestRecord {
  type: number;
  ttl?: number;
  /** RDATA as it goes over the wire. */
  data: Buffer;
}

/** What to answer: records, a response code, nothing at all, or bytes that are no answer. */
export type TestAnswer = { records: TestRecord[] } | { rcode: number } | 'silence' | Buffer;

/** A name server over UDP (RFC 1035) that answers from a table by name. */
export interface NameServer {
  address: string;
  close(): void;
}

const HEADER_BYTES = 12;

export async function startNameServer(table: Record<string, TestAnswer>): Promise<NameServer> {
  const socket: Socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, end } = readName(query, HEADER_BYTES);
    const answer = table[name.toLowerCase()] ?? { rcode: 3 };
    if (answer === 'silence') return;
    socket.send(Buffer.isBuffer(answer) ? answer : reply(query.subarray(0, end + 4), answer), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}

function reply(question: Buffer, answer: { records: TestRecord[] } | { rcode: number }): Buffer {
  const records = 'records' in answer ? answer.records : [];
  const head = Buffer.from(question);
  // A response that was recursed for, to one question.
  head.writeUInt16BE(0x8180 | ('rcode' in answer ? answer.rcode : 0), 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  const rest = records.map(({ type, ttl = 60, data }) => {
    const fixed = Buffer.alloc(12);
    fixed.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
    fixed.writeUInt16BE(type, 2);
    fixed.writeUInt16BE(1, 4);
    fixed.writeUInt32BE(ttl, 6);
    fixed.writeUInt16BE(data.length, 10);
    return Buffer.concat([fixed, data]);
  });
  return Buffer.concat([head, ...rest]);
}

function readName(message: Buffer, from: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = from;
  while (message[at]) {
    labels.push(message.toString('latin1', at + 1, at + 1 + message[at]!));
    at += 1 + message[at]!;
  }
  return { name: labels.join('.'), end: at + 1 };
}

/** A name in wire format, uncompressed. */
export function wireName(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]),
    Buffer.from([0]),
  ]);
}

/** 16-bit numbers in wire format. */
export function shorts(...numbers: number[]): Buffer {
  return Buffer.concat(numbers.map((number) => Buffer.from([number >> 8, number & 255])));
}
