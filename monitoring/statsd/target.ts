/** Where StatsD lines go. */
export type StatsdTarget =
  | { protocol: 'udp' | 'tcp'; host: string; port: number }
  /** A stream socket at an absolute path. */
  | { protocol: 'unix'; path: string };

const DEFAULT_PORT = 8125;

/**
 * Reads `udp://host:8125`, `tcp://host:8125` (the port may be absent) or `unix:///path/of.sock`.
 * @returns undefined when it is none of them
 */
export function parseStatsdUrl(text: string): StatsdTarget | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.username || url.password || url.search || url.hash) return undefined;
  if (url.protocol === 'unix:') {
    const path = safelyDecoded(url.pathname);
    return url.host === '' && path !== undefined && path.length > 1 && !path.includes('\0')
      ? { protocol: 'unix', path }
      : undefined;
  }
  if (url.protocol !== 'udp:' && url.protocol !== 'tcp:') return undefined;
  if (url.hostname === '' || (url.pathname !== '' && url.pathname !== '/') || url.port === '0') return undefined;
  return {
    protocol: url.protocol === 'udp:' ? 'udp' : 'tcp',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
  };
}

function safelyDecoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
