import type { Connection } from '../language/model.ts';
import { type Code, literal } from './code.ts';
import { Refused } from './refusal.ts';

/** What k6 must be told from outside, where at all. */
const ELSEWHERE: Partial<Record<keyof Connection, string>> = {
  proxy: 'give k6 the environment variable HTTP_PROXY or HTTPS_PROXY instead',
  ca: 'give k6 the environment variable SSL_CERT_FILE instead',
  clientCertificate: 'add tlsAuth to the options of an exported script',
  http: 'k6 speaks HTTP/2 where the service offers it over TLS, and HTTP/1.1 elsewhere',
};

/** How environment and scenario connect, as options of a script. @throws Refused */
export function connectionCode(
  connection: Connection,
  environment: { readonly baseUrl: string } | null,
): (readonly [string, Code])[] {
  return Object.entries(connection).map(([key, value]) => {
    if (key === 'verify') return ['insecureSkipTLSVerify', literal(value === false)];
    if (key === 'ip') return ['dns', literal({ policy: value === 4 ? 'onlyIPv4' : 'onlyIPv6' })];
    const { resolve } = connection;
    if (key === 'resolve' && resolve?.kind === 'constant' && environment)
      return ['hosts', literal({ [new URL(environment.baseUrl).hostname]: String(resolve.value) })];
    throw new Refused(`connection: ${written(key)}`, ELSEWHERE[key as keyof Connection]);
  });
}

/** All requests of a script share their settings. @throws Refused */
export function refuseOwnConnection(connection: Connection | null): void {
  const [first] = Object.keys(connection ?? {});
  if (first) throw new Refused(`connection: ${written(first)} for one step`, 'set it for the whole scenario');
}

const written = (key: string) => (key === 'clientCertificate' ? 'client_certificate' : key);
