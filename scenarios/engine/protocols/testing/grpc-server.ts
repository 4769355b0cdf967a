import { join } from 'node:path';
import {
  loadPackageDefinition,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

const TEST_DATA = join(import.meta.dirname, '../grpc/test-data');

export interface GrpcServer {
  /** `host:port` */
  address: string;
  /** Metadata of every call. */
  calls: Metadata[];
  /** The client cancelled a call for order 500. */
  cancelled: Promise<void>;
  close(): void;
}

interface Options {
  reflection?: boolean | 'v1alpha';
  tls?: { cert: string; key: string };
}

const ORDER = {
  order_id: '9007199254740993',
  state: 'PAID',
  lines: [{ article: 'tea', count: 2 }, { article: 'cup' }],
  by_shelf: { a1: { article: 'tea' } },
  ordered_at: { seconds: '1700000000', nanos: 0 },
  note: { value: 'a gift' },
  price: { currency: 'EUR', units: '-5' },
  voucher: Buffer.from('hi'),
};

/** A shop served by grpc-js. Order 404 does not exist, 500 never answers, 8 is very large. */
export async function startGrpcServer({ reflection = true, tls }: Options = {}): Promise<GrpcServer> {
  const definition = loadSync(join(TEST_DATA, 'shop.proto'), {
    keepCase: true,
    longs: String,
    enums: String,
    includeDirs: [TEST_DATA],
  });
  const server = new Server();
  let cancel = () => {};
  const cancelled = new Promise<void>((resolve) => {
    cancel = resolve;
  });
  const made: GrpcServer = { address: '', calls: [], cancelled, close: () => server.forceShutdown() };
  const { service } = (
    loadPackageDefinition(definition) as unknown as { shop: { v1: { Shop: { service: ServiceDefinition } } } }
  ).shop.v1.Shop;
  server.addService(service, {
    GetOrder(call: ServerUnaryCall<{ order_id: string }, object>, done: sendUnaryData<object>) {
      made.calls.push(call.metadata);
      const { order_id: id } = call.request;
      if (id === '404') return done({ code: 5, details: 'no order 404 – schade' });
      if (id === '500') return void call.on('cancelled', cancel);
      if (id === '8') return done(null, { order_id: id, note: { value: 'x'.repeat(3 * 2 ** 20) } });
      done(null, { ...ORDER, order_id: id });
    },
    ListOrders(call: ServerWritableStream<{ count: number; text: string }, object>) {
      made.calls.push(call.metadata);
      for (let number = 1; number <= call.request.count; number++)
        call.write({ order_id: number, card: call.request.text });
      if (call.request.text === 'break') call.emit('error', { code: 8, details: 'out of orders' });
      else call.end();
    },
    // Never called: it streams from the client.
    Upload() {},
  });
  if (reflection) {
    const offered = new ReflectionService(definition);
    if (reflection === true) offered.addToServer(server);
    else (offered as unknown as { v1Alpha: { addToServer(to: Server): void } }).v1Alpha.addToServer(server);
  }
  const credentials = tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }])
    : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  made.address = `127.0.0.1:${port}`;
  return made;
}
