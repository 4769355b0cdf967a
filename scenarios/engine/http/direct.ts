import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '../../../core/clock.ts';
import type { ConnectionSettings } from './connection.ts';
import { RefusedTarget } from './refused-target.ts';
import { secureContextOf } from './secure-context.ts';
import { resolvedTarget, type Target } from './target.ts';
import type { Refusal, UrlPolicy } from './url-policy.ts';

/** Resolves a name to all its addresses; replaceable so that tests can rebind names. */
export type Lookup = (hostname: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

export const systemNames: Lookup = (hostname, done) => {
  systemLookup(hostname, { all: true }, (error, addresses) => done(error, addresses ?? []));
};

/** Milliseconds each phase of setting up a connection took; null where there was none. */
export interface ConnectPhases {
  dnsMs: number | null;
  connectMs: number | null;
  tlsMs: number | null;
}

/** What connections are made with, whatever they are for. */
export interface Network {
  readonly clock: Clock;
  readonly policy: UrlPolicy;
  readonly lookup: Lookup;
}

/** Takes what a connection receives; the bytes are only valid during the call. */
export interface Reader {
  receive(bytes: Buffer, end: number): void;
}

export interface DialOptions {
  readonly target: Target;
  readonly settings: ConnectionSettings;
  /** Protocols to offer for TLS (RFC 7301), or null. */
  readonly alpn: string[] | null;
  /** Reads in place of the socket's events, which is cheaper. */
  readonly reader?: Reader;
}

/** A connection that is being made. */
export interface Dialing {
  /** Filled in as phases end, also when a later one fails. */
  readonly phases: ConnectPhases;
  /** Gives up; `done` is not called any more. */
  cancel(): void;
}

export type Done = (error: Error | null, socket: Socket | null) => void;

/**
 * Connects to a target without a proxy. The addresses that the policy has judged are the ones
 * connected to, so a name that answers differently the second time (DNS rebinding) gains nothing.
 */
export function dialDirect(network: Network, options: DialOptions, done: Done): Dialing {
  const { target, settings } = options;
  const phases: ConnectPhases = { dnsMs: null, connectMs: null, tlsMs: null };
  const laps = new Laps(network.clock);
  const { hostname: host, origin } = resolvedTarget(target, settings.resolve);
  const refused = isIP(host) ? judgeLiteral(host, origin, settings, network.policy) : null;
  if (refused) {
    done(refused, null);
    return { phases, cancel: () => {} };
  }
  const lookup = pinnedLookup(network, origin, settings.ip, () => {
    phases.dnsMs = laps.next();
  });
  const to = {
    host,
    port: target.port,
    lookup,
    noDelay: true,
    ...(options.reader && { onread: onRead(options.reader) }),
  };
  let socket: Socket;
  if (target.secure) {
    const secure = tlsOptions(target.hostname, settings, options.alpn);
    if ('error' in secure) {
      done(secure.error, null);
      return { phases, cancel: () => {} };
    }
    socket = connectTls({ ...to, ...secure.options });
  } else socket = connectTcp(to);
  socket.once('connect', () => {
    phases.connectMs = laps.next();
    if (!target.secure) succeed();
  });
  if (target.secure) {
    socket.once('secureConnect', () => {
      phases.tlsMs = laps.next();
      succeed();
    });
  }
  const fail = (error: Error) => {
    over = true;
    // The other addresses of a name may fail after the first one has been reported.
    socket.on('error', ignore);
    socket.destroy();
    done(error, null);
  };
  const succeed = () => {
    if (over) return;
    over = true;
    socket.off('error', fail);
    done(null, socket);
  };
  let over = false;
  socket.once('error', fail);
  return {
    phases,
    cancel() {
      if (over) return;
      over = true;
      socket.off('error', fail);
      socket.on('error', ignore);
      socket.destroy();
    },
  };
}

/** TLS over a connection that exists, such as a proxy's tunnel. */
export function secure(socket: Socket, options: DialOptions, done: Done): void {
  const made = tlsOptions(options.target.hostname, options.settings, options.alpn);
  if ('error' in made) {
    done(made.error, null);
    return;
  }
  const { reader } = options;
  const wrapped = connectTls({ socket, ...made.options });
  if (reader) wrapped.on('data', (bytes: Buffer) => reader.receive(bytes, bytes.length));
  const fail = (error: Error) => {
    wrapped.on('error', ignore);
    wrapped.destroy();
    done(error, null);
  };
  wrapped.once('error', fail);
  wrapped.once('secureConnect', () => {
    wrapped.off('error', fail);
    done(null, wrapped);
  });
}

/** Nobody waits for such a connection any more, so its error concerns nobody. */
export function ignore(): void {}

/** Time from one call to the next. */
export class Laps {
  readonly #clock: Clock;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  next(): number {
    const now = this.#clock.monotonic();
    const took = now - this.#since;
    this.#since = now;
    return took;
  }
}

/** Judges all addresses of a name, and hands on those of the wanted IP version. */
export function pinnedLookup(
  { lookup, policy }: Network,
  origin: string,
  ip: ConnectionSettings['ip'],
  resolved: () => void,
): LookupFunction {
  return (name, options, done) => {
    lookup(name, (error, addresses) => {
      resolved();
      if (error) return done(error, '', 0);
      for (const { address } of addresses) {
        const refusal = policy.checkAddress(origin, address);
        if (refusal) return done(rebound(name, refusal), '', 0);
      }
      const usable = ip === null ? addresses : addresses.filter(({ address }) => isIP(address) === ip);
      const [first] = usable;
      if (!first) return done(noAddress(name, addresses.length > 0 ? ip : null), '', 0);
      if (options.all) done(null, usable);
      else done(null, first.address, first.family);
    });
  };
}

function judgeLiteral(host: string, origin: string, { ip }: ConnectionSettings, policy: UrlPolicy): Error | null {
  const refusal = policy.checkAddress(origin, host);
  if (refusal) return new RefusedTarget(refusal);
  return ip !== null && isIP(host) !== ip ? noAddress(host, ip) : null;
}

export function rebound(name: string, refusal: Refusal): RefusedTarget {
  return new RefusedTarget({ ...refusal, message: `${name} resolves to a refused address: ${refusal.message}` });
}

function noAddress(name: string, ip: ConnectionSettings['ip']): Error {
  const version = ip === null ? '' : `IPv${ip} `;
  return Object.assign(new Error(`${name} has no ${version}address`), {
    code: ip === null ? 'ENOTFOUND' : 'ENOVERSION',
  });
}

function tlsOptions(hostname: string, settings: ConnectionSettings, alpn: string[] | null) {
  const made = secureContextOf(settings);
  if ('error' in made) return made;
  const name = settings.servername ?? hostname;
  return {
    options: {
      secureContext: made.context,
      // RFC 6066 §3: no address is sent as a server name.
      servername: isIP(name) ? '' : name,
      checkServerIdentity: (_host: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
        checkServerIdentity(name, certificate),
      rejectUnauthorized: settings.verify,
      ...(alpn ? { ALPNProtocols: alpn } : {}),
    },
  };
}

const READ_BYTES = 64 * 1024;
/** What one read fills is used up before the next one starts, on whatever connection; Windows fills several at a time. */
const sharedBytes = process.platform === 'win32' ? null : Buffer.allocUnsafeSlow(READ_BYTES);

function onRead(reader: Reader) {
  const buffer = sharedBytes ?? Buffer.allocUnsafeSlow(READ_BYTES);
  return {
    buffer,
    callback(length: number) {
      reader.receive(buffer, length);
      return true;
    },
  };
}

export function isTls(socket: Socket): socket is TLSSocket {
  return 'authorized' in socket;
}
