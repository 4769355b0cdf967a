import { mergeConnections } from '../engine/connection.ts';
import type { ActionStep, Connection } from '../language/model.ts';
import { type Code, call, list, literal, mapping, quoted } from './code.ts';
import { textCode } from './expression.ts';
import { Refused } from './refusal.ts';

/** Environment variables by which a script is given its client certificate: a key never stands in a script. */
export const CERTIFICATE = 'CLIENT_CERTIFICATE';
export const KEY = 'CLIENT_KEY';

/** What k6 must be told from outside, where at all. */
const ELSEWHERE: Partial<Record<keyof Connection, string>> = {
  proxy: 'give k6 the environment variable HTTP_PROXY or HTTPS_PROXY instead',
  ca: 'give k6 the environment variable SSL_CERT_FILE instead',
  http: 'k6 speaks HTTP/2 where the service offers it over TLS, and HTTP/1.1 elsewhere',
};

/**
 * How all steps connect: all requests of a script share their settings.
 * @param base of environment and scenario
 * @returns the steps that connect in another way than most
 */
export function sharedConnection(
  base: Connection | null,
  steps: readonly ActionStep[],
): { shared: Connection; others: readonly ActionStep[] } {
  const kinds = new Map<string, { connection: Connection; steps: ActionStep[] }>();
  for (const step of steps) {
    if (step.kind === 'pause') continue;
    const connection = mergeConnections(base, step.connection) ?? {};
    const key = JSON.stringify(Object.entries(connection).sort(([one], [other]) => (one < other ? -1 : 1)));
    const kind = kinds.get(key) ?? { connection, steps: [] };
    kind.steps.push(step);
    kinds.set(key, kind);
  }
  const [most, ...others] = [...kinds.values()].sort((one, other) => other.steps.length - one.steps.length);
  if (!most) return { shared: base ?? {}, others: [] };
  // One step of its own kind is told as such, and not all others.
  return { shared: most.connection, others: others.flatMap((kind) => kind.steps) };
}

/** @throws Refused */
export function refuseOwnConnection({ connection }: ActionStep): void {
  const keys = Object.keys(connection ?? {}).map(written);
  const words = keys.length > 0 ? `connection: ${keys.join(', ')} for one step` : 'another connection for some steps';
  throw new Refused(words, 'let all steps connect in the same way');
}

/**
 * How a script connects, as its options.
 * @param hosts names that its URLs begin with
 * @throws Refused
 */
export function connectionCode(
  { verify, ip, resolve, clientCertificate, ...others }: Connection,
  hosts: readonly string[],
): [string, Code][] {
  const options: [string, Code][] = [];
  const [first] = Object.keys(others) as (keyof Connection)[];
  if (first) throw new Refused(`connection: ${first}`, ELSEWHERE[first]);
  if (verify !== undefined) options.push(['insecureSkipTLSVerify', literal(!verify)]);
  if (ip !== undefined)
    options.push(['dns', literal({ ttl: '5m', select: 'random', policy: ip === 4 ? 'onlyIPv4' : 'onlyIPv6' })]);
  if (resolve) {
    if (resolve.kind !== 'constant')
      throw new Refused('connection: resolve with a template in it', 'write the address out');
    if (hosts.length === 0) throw new Refused('connection: resolve without an environment', 'say which: --env NAME');
    options.push(['hosts', literal(Object.fromEntries(hosts.map((host) => [host, String(resolve.value)])))]);
  }
  if (clientCertificate) {
    const { passphrase } = clientCertificate;
    const certificate = mapping([
      ['cert', call('needed', quoted(CERTIFICATE))],
      ['key', call('needed', quoted(KEY))],
      ...(passphrase ? ([['password', textCode(passphrase)]] as const) : []),
    ]);
    options.push(['tlsAuth', list([certificate])]);
  }
  return options;
}

/** What a script has to be given for it. */
export function connectionVariables({ clientCertificate }: Connection): Record<string, string> {
  const { cert, key } = clientCertificate ?? {};
  return cert === undefined || key === undefined ? {} : { [CERTIFICATE]: cert, [KEY]: key };
}

const written = (key: string) => (key === 'clientCertificate' ? 'client_certificate' : key);
