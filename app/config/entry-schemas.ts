import type { Channel } from '../../alerts/notifier.ts';
import { channelSchema, loadChannels } from '../../alerts/notifiers/registry.ts';
import { backendCheck, backendSchema } from '../../monitoring/backends/registry.ts';
import { sourceSchema } from '../../monitoring/sources/registry.ts';
import type { EntrySchemas } from './schema.ts';

/** Every channel there is, and the shapes of the entries of ringdown.yaml that plug-in folders decide. */
export async function loadEntrySchemas(): Promise<{ channelTypes: Map<string, Channel>; schemas: EntrySchemas }> {
  const channelTypes = await loadChannels();
  const [backend, checkBackend, source] = await Promise.all([backendSchema(), backendCheck(), sourceSchema()]);
  return { channelTypes, schemas: { channel: channelSchema(channelTypes), backend, checkBackend, source } };
}
