/**
 * How a step's connections are made: environment, scenario and step merged, templates filled in, files read. Every
 * protocol that connects takes what concerns it.
 */
export interface ConnectionSettings {
  /** `2`: ALPN `h2` for https, prior knowledge for http. */
  readonly http: '1.1' | '2';
  /** `http://[user:password@]host:port`; null for none. */
  readonly proxy: string | null;
  /** Certificates in PEM that are trusted instead of the built-in ones; null for those. */
  readonly ca: string | Buffer | null;
  readonly clientCertificate: ClientCertificate | null;
  /** false: a certificate that is not trusted is accepted, and shown as such. */
  readonly verify: boolean;
  /** The only IP version to use; null for whatever the name resolves to. */
  readonly ip: 4 | 6 | null;
  /** For SNI and for the name that the certificate has to carry; null for the host of the URL. */
  readonly servername: string | null;
  /** An IP address or name that is connected to instead of the URL's host; null for that host. */
  readonly resolve: string | null;
}

/** PEM; the certificate may be followed by those between it and its root. */
export interface ClientCertificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly passphrase: string | null;
}

export const DEFAULT_CONNECTION: ConnectionSettings = {
  http: '1.1',
  proxy: null,
  ca: null,
  clientCertificate: null,
  verify: true,
  ip: null,
  servername: null,
  resolve: null,
};

/**
 * Equal for settings that make equal connections, so that one can be used again.
 * Secrets stay out of it only in so far as it never leaves the process.
 */
export function connectionKey(settings: ConnectionSettings): string {
  if (settings === DEFAULT_CONNECTION) return '';
  let key = known.get(settings);
  if (key === undefined) {
    const { http, proxy, ca, clientCertificate, verify, ip, servername, resolve } = settings;
    const { cert, key: privateKey, passphrase } = clientCertificate ?? {};
    const parts = [http, proxy, ca, cert, privateKey, passphrase, verify, ip, servername, resolve];
    key = JSON.stringify(parts.map((part) => (part instanceof Uint8Array ? part.toString('latin1') : part)));
    known.set(settings, key);
  }
  return key;
}

const known = new WeakMap<ConnectionSettings, string>();

/** For another host than the one the settings were written for: what names or identifies this one stays behind. */
export function elsewhere(settings: ConnectionSettings): ConnectionSettings {
  const { servername, resolve, clientCertificate } = settings;
  if (servername === null && resolve === null && clientCertificate === null) return settings;
  return { ...settings, servername: null, resolve: null, clientCertificate: null };
}
