import { connect } from 'node:net';

/**
 * The client, in a process of its own so that its work is not measured: keep-alive connections, each asking again as
 * soon as it is answered. Started with IPC; on `{ port, connections, requests }` it answers `{ requests, seconds, p99Ms }`.
 */
interface Order {
  port: number;
  connections: number;
  requests: number;
}

const REQUEST =
  'GET /posts/b7e1 HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench/1.0\r\naccept: application/json\r\n\r\n';

process.on('message', async (order: Order) => {
  const start = performance.now();
  const responseBytes = await measureResponse(order.port);
  const share = Math.floor((order.requests - 1) / order.connections);
  const rest = order.requests - 1 - share * order.connections;
  const latencies: number[] = [];
  await Promise.all(
    Array.from({ length: order.connections }, (_, index) =>
      ask(order.port, share + (index < rest ? 1 : 0), responseBytes, latencies),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  const p99Ms = Float64Array.from(latencies).sort()[Math.floor(latencies.length * 0.99)];
  process.send?.({ requests: order.requests, seconds, p99Ms });
});
process.on('disconnect', () => process.exit(0));

/** Asks once. All answers are of the same length, which spares the client parsing the others. */
async function measureResponse(port: number): Promise<number> {
  const chunks: Buffer[] = [];
  const socket = connect(port, '127.0.0.1');
  socket.write(REQUEST);
  for await (const chunk of socket) {
    chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('latin1');
    const length = /content-length: (\d+)/i.exec(text)?.[1];
    const head = text.indexOf('\r\n\r\n') + 4;
    if (length === undefined || text.length < head + Number(length)) continue;
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(`unexpected answer: ${text.slice(0, 60)}`);
    return text.length;
  }
  throw new Error('the server closed the connection');
}

function ask(port: number, requests: number, responseBytes: number, latencies: number[]): Promise<void> {
  if (requests === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let left = requests;
    let missingBytes = responseBytes;
    let askedMs = performance.now();
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      missingBytes -= chunk.length;
      if (missingBytes > 0) return;
      if (missingBytes < 0) reject(new Error('an answer of another length'));
      missingBytes = responseBytes;
      const nowMs = performance.now();
      latencies.push(nowMs - askedMs);
      askedMs = nowMs;
      if (--left > 0) socket.write(REQUEST);
      else socket.end(resolve);
    });
    socket.write(REQUEST);
  });
}
