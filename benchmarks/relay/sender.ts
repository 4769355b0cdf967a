import { Buffer } from 'node:buffer';
import { Agent, request } from 'node:http';

/** Posts one body over and over on eight connections, in a process of its own so that its CPU is not the relay's. */
const [, , port, encoding] = process.argv;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

process.once('message', (base64: string) => {
  const body = Buffer.from(base64, 'base64');
  const headers: Record<string, string | number> = {
    'content-type': 'application/x-protobuf',
    'content-length': body.length,
  };
  if (encoding === 'gzip') headers['content-encoding'] = 'gzip';
  const post = () => {
    const sent = request(
      { agent, host: '127.0.0.1', port: Number(port), path: '/v1/traces', method: 'POST', headers },
      (response) => response.resume().once('end', post),
    );
    // The relay closes its connections when the round is over.
    sent.once('error', () => process.exit(0));
    sent.end(body);
  };
  for (let connection = 0; connection < 8; connection++) post();
});
