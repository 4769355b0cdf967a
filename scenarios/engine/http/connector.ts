import { type Dialing, type DialOptions, type Done, dialDirect, type Network } from './direct.ts';
import { dialProxy } from './proxy.ts';

export {
  type ConnectPhases,
  type Dialing,
  type DialOptions,
  ignore,
  isTls,
  type Lookup,
  type Network,
  pinnedLookup,
  type Reader,
  systemNames,
} from './direct.ts';
export { RefusedTarget } from './refused-target.ts';

/**
 * Connects to a target, through the settings' proxy where there is one, timing the phases.
 * @param done called once with an error or a socket, which then has no listeners of ours left but those of the reader
 */
export function dial(network: Network, options: DialOptions, done: Done): Dialing {
  return options.settings.proxy === null ? dialDirect(network, options, done) : dialProxy(network, options, done);
}
