/** What a request line and its header fields are made of. */
export interface RequestParts {
  method: string;
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array | null;
}

/** Fields that say how the message travels, which is not the scenario's to say. */
const OURS = new Set(['transfer-encoding', 'keep-alive', 'upgrade', 'trailer', 'expect', 'proxy-connection']);
/** Methods whose requests have content by their nature, so that its absence is said (RFC 9110 §8.6). */
const WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH']);
const CONTENT_LENGTH = 'content-length';

/**
 * What cannot be sent, in words, or null. A line break in a field would be a second request
 * (request splitting, RFC 9112 §11.2).
 */
export function requestProblem({ method, headers, body }: RequestParts): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) return `${JSON.stringify(method)} is no method`;
  for (const name in headers) {
    if (!sendable.has(name)) {
      const problem = nameProblem(name);
      if (problem) return problem;
    }
    if (/[^\t\x20-\x7e\x80-\xff]/.test(headers[name]!)) {
      return `the value of header ${name} contains a character that a header cannot carry`;
    }
    if (name.length === CONTENT_LENGTH.length && name.toLowerCase() === CONTENT_LENGTH) {
      if (headers[name] !== String(contentLength(body))) return `header ${name} is not the length of the body`;
    }
  }
  return null;
}

/** Names that were found to be good: the same few come in every request. */
const sendable = new Set<string>();
const MOST_SENDABLE = 1_000;

function nameProblem(name: string): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return `${JSON.stringify(name)} is no header name`;
  if (OURS.has(name.toLowerCase())) return `header ${name} is not for a scenario to set`;
  if (sendable.size >= MOST_SENDABLE) sendable.clear();
  sendable.add(name);
  return null;
}

/** In bytes. */
function contentLength(body: string | Uint8Array | null): number {
  if (body === null) return 0;
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

/**
 * The request as it goes over the connection (RFC 9112 §3), to be sent in one write: text with one character a byte
 * where it is short of others, bytes otherwise.
 * @param target what the request line asks for, such as a path or, through a proxy, a whole URL
 * @param more fields of the connection, ending in CRLF
 */
export function requestMessage(request: RequestParts, target: string, more = ''): string | Buffer {
  const { method, url, headers, body } = request;
  const length = contentLength(body);
  let head = `${method} ${target} HTTP/1.1\r\n`;
  let named = false;
  for (const name in headers) {
    named ||= name.length === 4 && name.toLowerCase() === 'host';
    if (name.length === CONTENT_LENGTH.length && name.toLowerCase() === CONTENT_LENGTH) continue;
    head += `${name}: ${headers[name]}\r\n`;
  }
  if (!named) head += `host: ${url.host}\r\n`;
  if (body !== null || WITH_CONTENT.has(method)) head += `content-length: ${length}\r\n`;
  head += `${more}\r\n`;
  if (length === 0) return head;
  // As many bytes as characters: every one of them is ASCII.
  if (typeof body === 'string' && body.length === length) return head + body;
  return Buffer.concat([Buffer.from(head, 'latin1'), typeof body === 'string' ? Buffer.from(body) : body!]);
}
