import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Clock } from '../../../core/clock.ts';
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

/** A connection that the URL policy does not allow. */
export class RefusedTarget extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export interface ConnectorOptions {
  clock: Clock;
  policy: UrlPolicy;
  lookup: Lookup;
  /** Called as phases end, also when a later one fails. */
  onPhases(phases: ConnectPhases): void;
}

/**
 * Connects for undici, timing the phases. The addresses that the policy has judged are the ones connected to, so a
 * name that answers differently the second time (DNS rebinding) gains nothing.
 */
export function createConnector({ clock, policy, lookup, onPhases }: ConnectorOptions) {
  const open = new Set<Socket>();

  const connector: buildConnector.connector = ({ hostname, host, protocol, port, servername }, callback) => {
    const origin = `${protocol}//${host ?? hostname}`;
    const phases: ConnectPhases = { dnsMs: null, connectMs: null, tlsMs: null };
    onPhases(phases);
    let since = clock.monotonic();
    const lap = () => {
      const now = clock.monotonic();
      const took = now - since;
      since = now;
      return took;
    };

    const literal = isIP(hostname) ? policy.checkAddress(origin, hostname) : null;
    if (literal) return callback(new RefusedTarget(literal), null);

    const pinned: LookupFunction = (name, options, done) => {
      lookup(name, (error, addresses) => {
        phases.dnsMs = lap();
        if (error) return done(error, '', 0);
        for (const { address } of addresses) {
          const refusal = policy.checkAddress(origin, address);
          if (refusal) {
            const message = `${name} resolves to a refused address: ${refusal.message}`;
            return done(new RefusedTarget({ ...refusal, message }), '', 0);
          }
        }
        const [first] = addresses;
        if (!first) return done(Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' }), '', 0);
        if (options.all) done(null, addresses);
        else done(null, first.address, first.family);
      });
    };

    const secure = protocol === 'https:';
    const target = { host: hostname, port: Number(port || (secure ? 443 : 80)), lookup: pinned };
    const name = servername || (isIP(hostname) ? '' : hostname);
    const socket = secure
      ? connectTls({ ...target, servername: name, ALPNProtocols: ['http/1.1'] })
      : connectTcp(target);
    open.add(socket);
    socket.setNoDelay(true);
    socket.once('connect', () => {
      phases.connectMs = lap();
    });
    const failed = (error: Error) => callback(error, null);
    socket.once('error', failed);
    socket.once('close', () => open.delete(socket));
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      if (secure) phases.tlsMs = lap();
      socket.off('error', failed);
      callback(null, socket);
    });
  };

  return {
    connector,
    /** Cuts every connection, those still being set up included. */
    destroy(): void {
      for (const socket of open) {
        socket.on('error', () => {
          // Nobody waits for this connection any more, so its error concerns nobody.
        });
        socket.destroy();
      }
    },
  };
}
