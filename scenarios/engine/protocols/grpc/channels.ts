import { connectionKey } from '../../http/connection.ts';
import type { Target } from '../../http/target.ts';
import type { Kept } from '../../run-resources.ts';
import type { Unconnected } from '../connect.ts';
import type { ProtocolContext } from '../protocol.ts';
import { type Channel, openChannel } from './channel.ts';
import type { Schema } from './schema.ts';

/** A channel in the hands of a step. */
export interface Lease {
  readonly channel: Channel;
  /** Whether it was there already. */
  readonly reused: boolean;
  /** @param usable whether another step may have it */
  end(usable: boolean): void;
}

/** The channels of one run: steps with the same target and settings share one, also at the same time. */
export class Channels {
  /** What servers said about their services, by target and service. */
  readonly schemas = new Map<string, Schema>();
  readonly #open = new Map<string, Shared>();

  static readonly kept: Kept<Channels> = { make: () => new Channels(), close: (channels) => channels.#close() };

  async lease(target: Target, context: ProtocolContext): Promise<Lease | Unconnected> {
    const key = target.origin + connectionKey(context.connection);
    const known = this.#open.get(key);
    if (known && !known.channel.session.closed && !known.channel.session.destroyed)
      return this.#lease(key, known, true);
    const channel = await openChannel(target, context);
    return 'error' in channel ? channel : this.#lease(key, { channel, users: 0 }, false);
  }

  #lease(key: string, shared: Shared, reused: boolean): Lease {
    shared.users++;
    return {
      channel: shared.channel,
      reused,
      end: (usable) => {
        shared.users--;
        const current = this.#open.get(key);
        if (usable && (current === undefined || current === shared)) {
          this.#open.set(key, shared);
          return;
        }
        if (current === shared) this.#open.delete(key);
        if (shared.users === 0) shared.channel.session.destroy();
      },
    };
  }

  #close(): void {
    for (const { channel } of this.#open.values()) channel.session.destroy();
    this.#open.clear();
  }
}

interface Shared {
  readonly channel: Channel;
  users: number;
}
