import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { pinnedLookup, RefusedTarget } from '../http/connector.ts';
import { explainConnect } from '../http/explain.ts';
import type { ExchangeError } from '../http/network-error.ts';
import { addressOf, resolvedTarget, type Target } from '../http/target.ts';
import { stopped } from './connect.ts';
import type { ProtocolContext } from './protocol.ts';

const NOTHING = { dnsMs: null, connectMs: null, tlsMs: null };
/** Never seen: a lookup that gives none gives an error. */
const NO_ADDRESS = new Error('no address');

/**
 * The first address of a target that the URL policy allows, for what cannot be connected to through a socket of ours.
 * Never rejects.
 */
export async function allowedAddress(
  target: Target,
  context: Pick<ProtocolContext, 'abort' | 'clock' | 'connection' | 'lookup' | 'policy'>,
): Promise<{ value: string } | { error: ExchangeError }> {
  const { abort, connection, policy } = context;
  const { hostname: host, origin } = resolvedTarget(target, connection.resolve);
  if (isIP(host)) {
    const refusal = policy.checkAddress(origin, host);
    return refusal ? { error: explainConnect(new RefusedTarget(refusal), target, NOTHING) } : { value: host };
  }
  const late = { words: `the name ${host} was not looked up`, hint: `it is needed for ${addressOf(target)}` };
  if (abort.aborted) return { error: stopped(abort, late) };
  return new Promise((resolve) => {
    const stop = () => resolve({ error: stopped(abort, late) });
    abort.addEventListener('abort', stop, { once: true });
    const lookup = pinnedLookup(context, origin, connection.ip, () => {
      abort.removeEventListener('abort', stop);
    });
    lookup(host, { all: true }, (error, found) => {
      const [first] = error ? [] : (found as LookupAddress[]);
      resolve(first ? { value: first.address } : { error: explainConnect(error ?? NO_ADDRESS, target, NOTHING) });
    });
  });
}
