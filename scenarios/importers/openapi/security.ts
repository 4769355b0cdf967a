import type { Mapping } from '../../language/written.ts';
import type { Secrets } from '../secrets.ts';
import type { Description } from './document.ts';

/** What a scheme of `components.securitySchemes` adds to a request. */
export interface Credentials {
  auth: Record<string, unknown> | null;
  readonly headers: [string, string][];
  readonly query: [string, string][];
}

type Omit = (what: string, why: string, instead: string) => void;

/** The credentials of an operation: those of its first requirement, each a secret. */
export function credentialsOf(
  operation: Mapping,
  description: Description,
  server: string | null,
  secrets: Secrets,
  omit: Omit,
): Credentials {
  const credentials: Credentials = { auth: null, headers: [], query: [] };
  const requirements = Array.isArray(operation.security)
    ? description.list(operation.security)
    : description.list(description.root.security);
  // An empty requirement makes all others optional; whoever is signed in sees more.
  const chosen = requirements.find((requirement) => Object.keys(requirement).length > 0);
  if (
    !chosen ||
    (requirements.length > 1 && Object.keys(requirements[0]!).length === 0 && operation.security !== undefined)
  )
    return credentials;
  const schemes = description.field(description.root.components, 'securitySchemes');
  for (const name of Object.keys(chosen)) {
    const scheme = description.field(schemes, name);
    const added = applyScheme(name, scheme, credentials, server, secrets);
    if (!added)
      omit(
        `the security scheme ${name}`,
        'a scenario has nothing for it',
        'write the header or "connection: { client_certificate }" it needs',
      );
  }
  return credentials;
}

function applyScheme(
  name: string,
  scheme: Mapping,
  credentials: Credentials,
  server: string | null,
  secrets: Secrets,
): boolean {
  const sign = (auth: Record<string, unknown>) => {
    credentials.auth ??= auth;
    return true;
  };
  switch (scheme.type) {
    case 'http': {
      const kind = String(scheme.scheme ?? '').toLowerCase();
      if (kind === 'basic' || kind === 'digest')
        return sign({
          [kind]: { username: secrets.declare(`${name}_username`), password: secrets.declare(`${name}_password`) },
        });
      return sign({ bearer: secrets.declare(`${name}_token`) });
    }
    case 'apiKey': {
      const field = String(scheme.name ?? name);
      const key = secrets.declare(name);
      if (scheme.in === 'query') credentials.query.push([field, key]);
      else if (scheme.in === 'cookie') credentials.headers.push(['Cookie', `${field}=${key}`]);
      else credentials.headers.push([field, key]);
      return true;
    }
    case 'oauth2':
      return sign(oauth2(name, scheme, server, secrets));
    case 'openIdConnect':
      return sign({ bearer: secrets.declare(`${name}_token`) });
    default:
      return false;
  }
}

/** A machine can go through two of the flows (RFC 6749 §4.3, §4.4); for the others a token has to be given. */
function oauth2(name: string, scheme: Mapping, server: string | null, secrets: Secrets): Record<string, unknown> {
  const flows = (scheme.flows ?? {}) as Record<string, Mapping | undefined>;
  for (const [flow, grant] of [
    ['clientCredentials', 'client_credentials'] as const,
    ['password', 'password'] as const,
  ]) {
    const url = flows[flow]?.tokenUrl;
    if (typeof url !== 'string') continue;
    const absolute = URL.parse(url, server ?? undefined)?.href ?? url;
    return {
      oauth2: {
        grant,
        token_url: absolute,
        client_id: secrets.declare(`${name}_client_id`),
        client_secret: secrets.declare(`${name}_client_secret`),
        ...(grant === 'password'
          ? { username: secrets.declare(`${name}_username`), password: secrets.declare(`${name}_password`) }
          : {}),
      },
    };
  }
  return { bearer: secrets.declare(`${name}_token`) };
}
