/** What a server that wants digest authentication asks for (RFC 7616 §3.3). */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  /** As Node calls it. */
  readonly hash: 'md5' | 'sha256' | 'sha512-256';
  /** As the server wrote it; null where it did not, which means MD5. */
  readonly algorithm: string | null;
  /** The session variant, whose key depends on the first nonces. */
  readonly session: boolean;
  /** false: the scheme of RFC 2069, without a client's nonce. */
  readonly qop: boolean;
  readonly userhash: boolean;
}

/** Stronger ones first. */
const HASHES = { 'sha-512-256': 'sha512-256', 'sha-256': 'sha256', md5: 'md5' } as const;

/**
 * The strongest digest challenge that can be answered.
 * @param fields values of WWW-Authenticate; one may hold several challenges
 */
export function digestChallenge(fields: readonly string[]): Challenge | null {
  const found = fields
    .flatMap(challengesIn)
    .filter(({ scheme }) => scheme === 'digest')
    .flatMap(({ parameters }) => readChallenge(parameters) ?? []);
  for (const hash of Object.values(HASHES)) {
    const best = found.find((challenge) => challenge.hash === hash);
    if (best) return best;
  }
  return null;
}

function readChallenge(parameters: ReadonlyMap<string, string>): Challenge | undefined {
  const algorithm = parameters.get('algorithm') ?? null;
  const plain = (algorithm ?? 'md5').toLowerCase();
  const session = plain.endsWith('-sess');
  const name = session ? plain.slice(0, -5) : plain;
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  if (!Object.hasOwn(HASHES, name) || realm === undefined || nonce === undefined) return undefined;
  const qops = parameters
    .get('qop')
    ?.toLowerCase()
    .split(',')
    .map((one) => one.trim());
  // Protecting the body as well (auth-int) is offered by hardly anyone, and never alone.
  if (qops && !qops.includes('auth')) return undefined;
  return {
    realm,
    nonce,
    opaque: parameters.get('opaque') ?? null,
    hash: HASHES[name as keyof typeof HASHES],
    algorithm,
    session,
    qop: qops !== undefined,
    userhash: parameters.get('userhash')?.toLowerCase() === 'true',
  };
}

/** Challenges of one field value (RFC 9110 §11.6.1). A comma separates parameters as well as challenges. */
function challengesIn(field: string): { scheme: string; parameters: ReadonlyMap<string, string> }[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  const piece = /\s*(?:([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([!#$%&'*+.^_`|~\w-]+))\s*,?/y;
  for (let match = piece.exec(field); match; match = piece.exec(field)) {
    const [, name, quoted, token, scheme] = match;
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else found.at(-1)?.parameters.set(name!.toLowerCase(), quoted?.replace(/\\(.)/gs, '$1') ?? token!);
  }
  return found;
}
