import encoding from 'k6/encoding';
import grpc from 'k6/net/grpc';
import { StepError, state, timeLeft } from './flow.js';
import { randomHex } from './randomness.js';

/** Connections of this virtual user: one for each server and each definition of services. */
const connected = new Map();

/**
 * Calls a unary method. The body of the answer is the message as JSON, or what the server says instead.
 * @param client that knows the services; null asks the server by reflection
 */
export function invoke(client, url, method, { message = {}, metadata = {}, timeout = 3_600_000 }) {
  const limit = Math.max(1, Math.min(timeout, timeLeft()));
  const [, scheme, address] = /^(grpcs?):\/\/([^/]+)\/?$/.exec(url) ?? [];
  if (!address) throw new StepError(`${JSON.stringify(url)} is no gRPC server`);
  const sent = { traceparent: `00-${state.trace}-${randomHex(16)}-01` };
  for (const [name, value] of Object.entries(metadata))
    sent[name] = name.endsWith('-bin') ? new Uint8Array(encoding.b64decode(value)) : value;
  const begun = Date.now();
  let answer;
  try {
    const server = connection(client, address, scheme === 'grpc', limit);
    answer = server.invoke(method, message, {
      metadata: sent,
      timeout: Math.max(1, limit - (Date.now() - begun)),
      tags: { name: `GRPC ${method}` },
    });
  } catch (error) {
    throw new StepError(String(error).replace('GoError: ', ''));
  }
  const duration = Date.now() - begun;
  // k6 gives a status that calls itself by its name.
  const status = Number(answer.status);
  const why = /** @type {any} */ (answer.error)?.message ?? '';
  // What k6 itself has to say, and no server.
  // A server is told the time limit, and may be the first to say that it is over.
  const late = why === 'context deadline exceeded' || duration >= limit - 20;
  if (status === 4 && late) throw new StepError(`no answer within ${limit} ms`);
  if (status === 14 && /^(?:connection error|error reading from server)/.test(why)) throw new StepError(why);
  const statusName = STATUS_NAMES[status] ?? 'UNKNOWN';
  const body = status === 0 ? withoutNulls(answer.message) : { code: status, status: statusName, message: why };
  const headers = { ...fieldsOf(answer.headers), ...fieldsOf(answer.trailers), 'content-type': 'application/json' };
  return { status, statusName, headers, body: JSON.stringify(body), timings: { blocked: 0, duration } };
}

function connection(client, address, plaintext, timeout) {
  const known = connected.get(client)?.get(address);
  if (known) return known;
  // One that was loaded with definitions holds one connection.
  const servers = connected.get(client) ?? new Map();
  const server = client && servers.size === 0 ? client : client ? null : new grpc.Client();
  if (!server) throw new StepError('one definition of services cannot be used with several servers');
  server.connect(address, { plaintext, reflect: client === null, timeout });
  connected.set(client, servers.set(address, server));
  return server;
}

/** Metadata, a repeated name as one field. */
function fieldsOf(metadata) {
  return Object.fromEntries(Object.entries(metadata ?? {}).map(([name, values]) => [name, [values].flat().join(', ')]));
}

/** Fields that are not set are not there. */
function withoutNulls(value) {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const set = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(set.map(([name, inner]) => [name, withoutNulls(inner)]));
}

/** By number (grpc/doc/statuscodes.md). */
const STATUS_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
