/** Where a connection leads: what the URL policy judges and the connector connects to. */
export interface Target {
  /** `https://api.example.com`, `tcp://db:5432`: scheme, host and, unless it is the scheme's own, port. */
  readonly origin: string;
  /** Name or IP address, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Whether TLS is spoken from the first byte on. */
  readonly secure: boolean;
}

const DEFAULT_PORTS: Record<string, number> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  tls: 443,
  grpc: 443,
  grpcs: 443,
};
const SECURE = new Set(['https', 'wss', 'tls', 'grpcs']);

/** @param url of http or https */
export function targetOf(url: URL): Target {
  const secure = url.protocol === 'https:';
  return {
    origin: url.origin,
    hostname: withoutBrackets(url.hostname),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    secure,
  };
}

/**
 * Reads `scheme://host[:port]`, as it stands in `allowed_targets` and in steps that are not HTTP. The host is normalised as
 * in a URL: `0x7f000001` is `127.0.0.1`.
 * @returns null where it is none: no host, a path behind it, no port where the scheme has none of its own
 */
export function parseTarget(written: string): Target | null {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\\\s]+)\/?$/i.exec(written);
  if (!match) return null;
  const scheme = match[1]!.toLowerCase();
  // Only the special schemes have their hosts normalised (WHATWG URL).
  const url = URL.parse(`http://${match[2]}`);
  if (!url || url.hostname === '') return null;
  const ownPort = DEFAULT_PORTS[scheme];
  // The parser drops port 80, since that is the default of http.
  const port = url.port !== '' ? Number(url.port) : /:0*80$/.test(match[2]!) ? 80 : ownPort;
  if (port === undefined || port === 0) return null;
  const authority = port === ownPort ? url.hostname : `${url.hostname}:${port}`;
  return {
    origin: `${scheme}://${authority}`,
    hostname: withoutBrackets(url.hostname),
    port,
    secure: SECURE.has(scheme),
  };
}

/**
 * The target that a connection is really made to where its settings resolve the name elsewhere. Whoever may reach a name
 * may not, by that, reach any other private address.
 */
export function resolvedTarget(target: Target, resolve: string | null): Target {
  if (resolve === null) return target;
  const scheme = target.origin.slice(0, target.origin.indexOf('://'));
  const found = parseTarget(`${scheme}://${addressOf({ hostname: resolve, port: target.port })}`);
  // What is no host is looked up as a name, and not found.
  return found ?? { ...target, origin: `${scheme}://${resolve}`, hostname: resolve };
}

/** `host:port`, as people write it. */
export function addressOf({ hostname, port }: Pick<Target, 'hostname' | 'port'>): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
