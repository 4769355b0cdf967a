import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { SPANS, spans } from './payload.ts';
import { answer } from './peer.ts';

export interface SendSpans {
  url: string;
  gzip: boolean;
  requests: number;
}

/** `refused` requests were sent again until they were taken. */
export interface SentSpans {
  spans: number;
  refused: number;
}

const CONNECTIONS = 8;
const TRIES = 1_000;

const plain = Buffer.from(spans());
const packed = gzipSync(plain, { level: 1 });
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** Posts one body over and over on eight connections, in a process of its own so that its CPU is not the receiver's. */
answer(async ({ url, gzip, requests }: SendSpans): Promise<SentSpans> => {
  const body = gzip ? packed : plain;
  let left = requests;
  const sent = { spans: 0, refused: 0 };
  const connection = async () => {
    while (left-- > 0) {
      for (let tries = 1; (await post(url, body, gzip)) !== 200; tries++) {
        if (tries === TRIES) throw new Error(`${url} refused a request ${TRIES} times`);
        sent.refused++;
        await wait(20);
      }
      sent.spans += SPANS;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return sent;
});

async function post(url: string, body: Buffer, gzip: boolean): Promise<number> {
  const headers = {
    'content-type': 'application/x-protobuf',
    'content-length': body.length,
    ...(gzip && { 'content-encoding': 'gzip' }),
  };
  const sending = request(`${url}/v1/traces`, { agent, method: 'POST', headers }).end(body);
  const [response] = await once(sending, 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}
