import type { InboundKind } from '../../alerts/inbound/inbound.ts';
import { inboundProblems, inboundSchema, loadInboundKinds } from '../../alerts/inbound/registry.ts';
import type { Channel } from '../../alerts/notifier.ts';
import { channelProblems, channelSchema, loadChannels } from '../../alerts/notifiers/registry.ts';
import { backendCheck, backendSchema } from '../../monitoring/backends/registry.ts';
import { sourceSchema } from '../../monitoring/sources/registry.ts';
import type { EntrySchemas } from './schema.ts';

/** What plug-in folders offer, and the shapes of the entries of ringdown.yaml that they decide. */
export interface Entries {
  channelTypes: Map<string, Channel>;
  inboundKinds: Map<string, InboundKind>;
  schemas: EntrySchemas;
}

export async function loadEntrySchemas(): Promise<Entries> {
  const [channelTypes, inboundKinds] = await Promise.all([loadChannels(), loadInboundKinds()]);
  const [backend, checkBackend, source] = await Promise.all([backendSchema(), backendCheck(), sourceSchema()]);
  return {
    channelTypes,
    inboundKinds,
    schemas: {
      channel: channelSchema(channelTypes),
      checkChannel: (entry) => channelProblems(channelTypes, entry),
      backend,
      checkBackend,
      source,
      inbound: inboundSchema(inboundKinds),
      checkInbound: (entry) => inboundProblems(inboundKinds, entry),
    },
  };
}
