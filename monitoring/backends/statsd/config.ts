import { Type } from 'typebox';
import type { BackendSettings } from '../../exporter.ts';
import { refuseIfWrong, unknownKeys } from '../../refuse-settings.ts';
import { parseStatsdUrl, type StatsdTarget } from '../../statsd/target.ts';
import { backendSettings } from '../settings-schema.ts';

/** The largest payload of a UDP datagram over IPv4. */
const MAX_PACKET = 65_507;
const MIN_PACKET = 512;

export const schema = backendSettings(
  'statsd',
  {
    url: Type.String({
      pattern: '^(udp|tcp|unix)://',
      'x-expected': 'a URL such as udp://host:8125, tcp://host:8125 or unix:///run/statsd.sock',
      description: 'The StatsD server. UDP confirms nothing; TCP and unix stream sockets hand back what was not read.',
      examples: ['udp://127.0.0.1:8126'],
    }),
    prefix: Type.Optional(
      Type.String({
        pattern: '^[^:|#@\\s]+$',
        'x-expected': 'a text without spaces, :, |, # and @',
        description: 'Put before every name.',
        examples: ['shop.'],
      }),
    ),
    tags: Type.Optional(
      Type.Boolean({
        description:
          'false makes plain StatsD of every line, for servers that know no tags: no tags, no time, one value a line, timers for histograms and distributions.',
        examples: [false],
      }),
    ),
    max_packet: Type.Optional(
      Type.Integer({
        minimum: MIN_PACKET,
        maximum: MAX_PACKET,
        description: 'Bytes of a datagram; 1432 when absent. Loopback and jumbo frames carry more.',
        examples: [8_192],
      }),
    ),
    max_lines_per_second: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 10_000_000,
        description: 'Pace of a backlog, because servers drop what they cannot read in time; 100000 when absent.',
        examples: [50_000],
      }),
    ),
  },
  'Another StatsD server: every line goes on to it.',
);

export interface StatsdConfig {
  dataDir: string;
  target: StatsdTarget;
  prefix: string;
  tags: boolean;
  maxPacketBytes: number;
  linesPerSecond: number;
}

/** @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once */
export function readConfig(settings: BackendSettings): StatsdConfig {
  const wrong: string[] = [];
  const { url, prefix = '', tags = true } = settings;
  const target = typeof url === 'string' ? parseStatsdUrl(url) : undefined;
  if (url === undefined) wrong.push('url is missing');
  else if (!target) wrong.push('url: not like udp://host:8125, tcp://host:8125 or unix:///run/statsd.sock');
  if (typeof prefix !== 'string' || /[:|#@\s]/.test(prefix)) {
    wrong.push('prefix: a text without spaces, :, |, # and @ is expected');
  }
  if (typeof tags !== 'boolean') wrong.push('tags: true or false is expected');
  const whole = (key: string, fallback: number, least: number, most: number) => {
    const value = settings[key] ?? fallback;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    wrong.push(`${key}: a whole number from ${least} to ${most} is expected`);
    return fallback;
  };
  const maxPacketBytes = whole('max_packet', 1_432, MIN_PACKET, MAX_PACKET);
  const linesPerSecond = whole('max_lines_per_second', 100_000, 100, 10_000_000);
  wrong.push(...unknownKeys(schema, settings));
  refuseIfWrong('backend', settings.name, wrong);
  return {
    dataDir: settings.dataDir,
    target: target!,
    prefix: prefix as string,
    tags: tags === true,
    maxPacketBytes,
    linesPerSecond,
  };
}
