import { readdirSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TSchema, Type } from 'typebox';
import type { Channel, ChannelProblem, ChannelSettings } from '../notifier.ts';

/** Every channel there is, by its type: each folder beside this file is one. */
export async function loadChannels(): Promise<Map<string, Channel>> {
  const extension = extname(fileURLToPath(import.meta.url));
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const channels = await Promise.all(
    folders.map(async ({ name }) => {
      const { channel } = (await import(new URL(`./${name}/index${extension}`, import.meta.url).href)) as {
        channel: Channel;
      };
      return channel;
    }),
  );
  return new Map(channels.map((channel) => [channel.type, channel] as const).sort(([a], [b]) => a.localeCompare(b)));
}

/** Schema of one entry of `channels:` in ringdown.yaml. */
export function channelSchema(channels: ReadonlyMap<string, Channel>): TSchema {
  return Type.Union([...channels.values()].map((channel) => channel.settings));
}

/** What the schema cannot say of an entry that fits it, such as a name in a template that nothing has. */
export function channelProblems(
  channels: ReadonlyMap<string, Channel>,
  settings: ChannelSettings,
): readonly ChannelProblem[] {
  return channels.get(settings.type)?.check?.(settings) ?? [];
}
