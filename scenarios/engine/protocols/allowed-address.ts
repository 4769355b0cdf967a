import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { pinnedLookup } from '../http/connector.ts';
import type { ExchangeError } from '../http/network-error.ts';
import { addressOf, type Target } from '../http/target.ts';
import { explain, stopped } from './connect.ts';
import type { ProtocolContext } from './protocol.ts';

/**
 * The first address of a target that the URL policy allows, for what cannot be connected to through a socket of ours.
 * Never rejects.
 */
export async function allowedAddress(
  target: Target,
  context: Pick<ProtocolContext, 'abort' | 'clock' | 'connection' | 'lookup' | 'policy'>,
): Promise<{ value: string } | { error: ExchangeError }> {
  const { abort, connection, policy } = context;
  const host = connection.resolve ?? target.hostname;
  if (isIP(host)) {
    const refusal = policy.checkAddress(target.origin, host);
    return refusal ? { error: { kind: 'refused_target', code: 'TARGET_REFUSED', ...refusal } } : { value: host };
  }
  const late = { words: `the name ${host} was not looked up`, hint: `it is needed for ${addressOf(target)}` };
  if (abort.aborted) return { error: stopped(abort, late) };
  return new Promise((resolve) => {
    const stop = () => resolve({ error: stopped(abort, late) });
    abort.addEventListener('abort', stop, { once: true });
    const lookup = pinnedLookup(context, target.origin, connection.ip, () => {
      abort.removeEventListener('abort', stop);
    });
    lookup(host, { all: true }, (error, found) => {
      const [first] = found as LookupAddress[];
      resolve(error || !first ? { error: explain(error, target) } : { value: first.address });
    });
  });
}
