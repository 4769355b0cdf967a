import type { Channel, ChannelSettings } from '../../alerts/notifier.ts';
import { suggestion } from '../../core/document/index.ts';
import { EXIT, RingdownError } from '../../core/errors.ts';
import { loadEntrySchemas } from '../config/entry-schemas.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { InvalidFiles } from '../invalid-files.ts';
import { CONSOLE } from '../watcher/channels.ts';

/** The entry of `channels:` of that name; the console where none is configured. */
export async function namedChannel(
  configFile: string | undefined,
  name: string,
): Promise<{ settings: ChannelSettings; channel: Channel; config: Config }> {
  const { channelTypes, schemas } = await loadEntrySchemas();
  const { value: config, diagnostics, texts } = loadConfig(configFile, schemas, process.env);
  if (diagnostics.length > 0) throw new InvalidFiles(diagnostics, texts);
  const channels = config.channels.length > 0 ? config.channels : [CONSOLE];
  const settings = channels.find((entry) => entry.name === name);
  if (!settings) {
    const names = channels.map((entry) => entry.name);
    throw new RingdownError('UNKNOWN_CHANNEL', `there is no channel "${name}"`, {
      hint: suggestion(name, names) ?? `there are: ${names.join(', ')}`,
      exitCode: EXIT.usage,
    });
  }
  return { settings, channel: channelTypes.get(settings.type)!, config };
}
