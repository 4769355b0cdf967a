import { isIP, type Socket } from 'node:net';
import { type ConnectionSettings, DEFAULT_CONNECTION } from './connection.ts';
import {
  type Dialing,
  type DialOptions,
  type Done,
  dialDirect,
  ignore,
  Laps,
  type Network,
  rebound,
  secure,
} from './direct.ts';
import { ResponseParser } from './response-parser.ts';
import { addressOf, parseTarget, resolvedTarget, type Target } from './target.ts';

/** A proxy that cannot be reached or does not do as asked. */
export class ProxyFailed extends Error {
  readonly proxy: Target;
  /** Of its answer to CONNECT; null where it gave none. */
  readonly status: number | null;

  constructor(proxy: Target, status: number | null, cause?: Error) {
    super(`the proxy ${addressOf(proxy)} answered with status ${status}`, { cause });
    this.proxy = proxy;
    this.status = status;
  }
}

/** The settings' proxy and the value of Proxy-Authorization for it; null where its URL is none. */
export function proxyOf(written: string): { proxy: Target; authorization: string | null } | null {
  const url = URL.parse(written);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  const proxy = parseTarget(url.origin);
  if (!proxy) return null;
  const credentials =
    url.username === '' && url.password === '' ? null : `${decoded(url.username)}:${decoded(url.password)}`;
  return { proxy, authorization: credentials === null ? null : `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** Whether requests to a target are handed to the proxy whole (RFC 9112 §3.2.2), rather than through a tunnel. */
export function isForwarded(target: Target, { proxy, resolve, http }: ConnectionSettings): boolean {
  return proxy !== null && target.origin.startsWith('http:') && resolve === null && http === '1.1';
}

/**
 * Connects to a target through the settings' proxy, by CONNECT (RFC 9110 §9.3.6) unless requests are forwarded. The
 * target is judged by the policy here as far as its name is known here; the proxy is judged like any other target.
 */
export function dialProxy(network: Network, options: DialOptions, done: Done): Dialing {
  const { target, settings } = options;
  const found = proxyOf(settings.proxy!);
  const state: Dialing = { phases: { dnsMs: null, connectMs: null, tlsMs: null }, cancel: () => {} };
  let over = false;
  const end = (error: Error | null, socket: Socket | null) => {
    if (over) {
      socket?.on('error', ignore);
      socket?.destroy();
      return;
    }
    over = true;
    done(error, socket);
  };
  let current: { cancel(): void } = state;
  state.cancel = () => {
    over = true;
    current.cancel();
  };
  if (!found) {
    end(new Error('the proxy of the connection is not an http or https URL'), null);
    return state;
  }
  const { proxy, authorization } = found;
  const forwarded = isForwarded(target, settings);
  judgeTarget(network, target, settings, (refused) => {
    if (refused || over) {
      end(refused, null);
      return;
    }
    const laps = new Laps(network.clock);
    const toProxy = { ...DEFAULT_CONNECTION, ca: settings.ca, verify: settings.verify, ip: settings.ip };
    const reader = forwarded ? options.reader : undefined;
    const dialing = dialDirect(
      network,
      { target: proxy, settings: toProxy, alpn: null, ...(reader && { reader }) },
      (error, socket) => {
        if (error || !socket) {
          end(new ProxyFailed(proxy, null, error ?? undefined), null);
          return;
        }
        if (forwarded) {
          end(null, socket);
          return;
        }
        current = { cancel: () => destroy(socket) };
        openTunnel(socket, options, authorization, (status) => {
          state.phases.dnsMs = dialing.phases.dnsMs;
          state.phases.connectMs = laps.next() - (dialing.phases.dnsMs ?? 0);
          if (status !== null) {
            destroy(socket);
            end(new ProxyFailed(proxy, status), null);
          } else if (target.secure) {
            secure(socket, options, (failure, wrapped) => {
              state.phases.tlsMs = laps.next();
              end(failure, wrapped);
            });
          } else {
            const { reader: own } = options;
            if (own) socket.on('data', (bytes: Buffer) => own.receive(bytes, bytes.length));
            end(null, socket);
          }
        });
      },
    );
    if (forwarded) Object.assign(state, { phases: dialing.phases });
    current = dialing;
  });
  return state;
}

/** Hands over why the target must not be asked, or null. A name that only the proxy knows is the proxy's to judge. */
function judgeTarget(
  { policy, lookup }: Network,
  target: Target,
  { resolve }: ConnectionSettings,
  done: (refused: Error | null) => void,
): void {
  const { hostname: host, origin } = resolvedTarget(target, resolve);
  const judge = (addresses: readonly string[]) => {
    for (const address of addresses) {
      const refusal = policy.checkAddress(origin, address);
      if (refusal) return rebound(host, refusal);
    }
    return null;
  };
  if (isIP(host)) done(judge([host]));
  else lookup(host, (error, addresses) => done(error ? null : judge(addresses.map(({ address }) => address))));
}

/** @param done with null once the tunnel is open, otherwise with the status of the answer, 0 where there was none */
function openTunnel(
  socket: Socket,
  { target, settings }: DialOptions,
  authorization: string | null,
  done: (status: number | null) => void,
): void {
  const to = addressOf({ hostname: settings.resolve ?? target.hostname, port: target.port });
  // The answer to CONNECT has no body where it is a success, and is not read any further where it is none.
  const parser = new ResponseParser('HEAD', 0);
  let answered = false;
  const finish = (status: number | null) => {
    if (answered) return;
    answered = true;
    socket.off('readable', read);
    socket.off('close', closed);
    socket.off('error', closed);
    done(status);
  };
  const closed = () => finish(0);
  const read = () => {
    for (let bytes: Buffer | null = socket.read(); bytes !== null && !answered; bytes = socket.read()) {
      if (!parser.push(bytes, bytes.length)) continue;
      const succeeded = !parser.problem && parser.status < 300;
      // A server may speak first; before a TLS handshake there is nothing for it to say.
      if (succeeded && parser.trailingBytes > 0 && !target.secure) {
        socket.unshift(bytes.subarray(bytes.length - parser.trailingBytes));
      }
      finish(succeeded ? null : parser.status);
      return;
    }
  };
  socket.on('readable', read);
  socket.on('close', closed);
  socket.on('error', closed);
  const credentials = authorization === null ? '' : `proxy-authorization: ${authorization}\r\n`;
  socket.write(`CONNECT ${to} HTTP/1.1\r\nhost: ${to}\r\n${credentials}\r\n`);
}

function destroy(socket: Socket): void {
  socket.on('error', ignore);
  socket.destroy();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
