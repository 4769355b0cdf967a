import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface RecordedPair {
  name: string;
  value: string;
}

interface RecordedEntry {
  request: { method: string; url: string; headers: RecordedPair[] };
  response: { status: number; headers: RecordedPair[]; content: { text?: string; mimeType?: string } };
}

/**
 * Answers as a recording did: for each method and path with what was recorded next, its last answer again after that.
 * A path that was asked for with a cookie is refused without one.
 */
export async function startReplayingService(
  har: string,
): Promise<{ url: string; refused: string[]; close(): Promise<void> }> {
  const { log } = JSON.parse(har) as { log: { entries: RecordedEntry[] } };
  const answers = new Map<string, RecordedEntry[]>();
  for (const entry of log.entries) {
    const url = new URL(entry.request.url);
    const key = `${entry.request.method} ${decodeURIComponent(url.pathname)}`;
    answers.set(key, [...(answers.get(key) ?? []), entry]);
  }
  const refused: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    // Encoded or not, a path is the same (RFC 3986 §6.2.2.2).
    const key = `${request.method} ${decodeURIComponent(request.url!.split('?')[0]!)}`;
    const queue = answers.get(key) ?? [];
    const entry = queue.length > 1 ? queue.shift() : queue[0];
    const refuse = (status: number, why: string) => {
      refused.push(`${key}: ${why}`);
      response.writeHead(status).end(why);
    };
    if (!entry) return refuse(404, 'was never asked for');
    const withCookie = entry.request.headers.some(({ name }) => name.toLowerCase() === 'cookie');
    if (withCookie && !request.headers.cookie) return refuse(401, 'no cookie');
    const headers = entry.response.headers.filter(({ name }) => /^(content-type|location|set-cookie)$/i.test(name));
    response.writeHead(
      entry.response.status,
      headers.flatMap(({ name, value }) => [name, value] as [string, string]),
    );
    response.end(entry.response.content.text ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
