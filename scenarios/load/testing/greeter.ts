import { resolve } from 'node:path';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

/** A gRPC server that tells of its services by reflection. */
export async function startGreeter(): Promise<{ address: string; close(): void }> {
  const definition = loadSync(resolve(import.meta.dirname, '../test-data/greeter.proto'), { keepCase: true });
  const { service } = (
    loadPackageDefinition(definition) as unknown as { greeter: { Greeter: { service: ServiceDefinition } } }
  ).greeter.Greeter;
  const server = new Server();
  server.addService(service, {
    SayHello({ request: { name } }: ServerUnaryCall<{ name: string }, object>, done: sendUnaryData<object>) {
      if (name === '') done({ code: 3, details: 'a name, please' });
      else done(null, { message: `hello ${name}` });
    },
    // Never called: k6 has no way to it.
    KeepSaying() {},
  });
  new ReflectionService(definition).addToServer(server);
  const port = await new Promise<number>((done, fail) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? fail(error) : done(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
