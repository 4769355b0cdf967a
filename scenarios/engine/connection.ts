import { renderConnection } from '../language/connection.ts';
import type { Connection } from '../language/model.ts';
import type { Rendered, Scope, TemplateError } from '../language/template.ts';
import type { RunEvidence } from './evidence/run-evidence.ts';
import { type ConnectionSettings, DEFAULT_CONNECTION } from './http/connection.ts';

type Settled = Rendered<ConnectionSettings>;

const DEFAULT: Settled = { value: DEFAULT_CONNECTION };

/** What the inner level says over what the outer one says, key by key. */
export function mergeConnections(outer: Connection | null, inner: Connection | null): Connection | null {
  if (outer === null || inner === null) return inner ?? outer;
  const merged = { ...outer, ...inner };
  if (!outer.clientCertificate || !inner.clientCertificate) return merged;
  return { ...merged, clientCertificate: { ...outer.clientCertificate, ...inner.clientCertificate } };
}

/**
 * The settings of the steps of one attempt. Equal ones are one object, by which connections are found again; what holds
 * no templates is made once.
 */
export class ConnectionCache {
  readonly #base: Connection | null;
  readonly #evidence: RunEvidence;
  readonly #settled = new Map<Connection | null, Settled>();

  /** @param base of environment and scenario */
  constructor(base: Connection | null, evidence: RunEvidence) {
    this.#base = base;
    this.#evidence = evidence;
  }

  /** @param own what the step says itself */
  settle(own: Connection | null, scope: Scope): Settled {
    const known = this.#settled.get(own);
    if (known) return known;
    const merged = mergeConnections(this.#base, own);
    const settled = merged ? settle(merged, scope, this.#evidence) : DEFAULT;
    if (!merged || isConstant(merged)) this.#settled.set(own, settled);
    return settled;
  }
}

function settle(connection: Connection, scope: Scope, evidence: RunEvidence): Settled {
  const halved = halfCertificate(connection);
  if (halved) return { error: halved };
  const rendered = renderConnection(connection, scope);
  if ('error' in rendered) return rendered;
  const { proxy, clientCertificate } = rendered.value;
  if (clientCertificate?.passphrase) evidence.addSecret(clientCertificate.passphrase);
  if (proxy !== null) hideCredentials(proxy, evidence);
  return rendered;
}

/** Only with all levels together can be seen whether a certificate has its key. */
function halfCertificate({ clientCertificate: given }: Connection): TemplateError | null {
  if (!given || (given.cert !== undefined && given.key !== undefined)) return null;
  const name = 'client_certificate';
  const missing = given.cert === undefined ? 'cert' : 'key';
  const message = `${name} has no ${missing}, neither here nor in scenario or environment`;
  return { code: 'unusable', message, hint: 'it takes cert and key', name };
}

function hideCredentials(proxy: string, evidence: RunEvidence): void {
  const url = URL.parse(proxy);
  if (!url?.password) return;
  evidence.addSecret(url.password);
  try {
    evidence.addSecret(decodeURIComponent(url.password));
  } catch {
    // No percent-encoding, so the password is what is written.
  }
}

function isConstant({ proxy, servername, resolve, clientCertificate }: Connection): boolean {
  return [proxy, servername, resolve, clientCertificate?.passphrase].every(
    (template) => template === undefined || template.kind === 'constant',
  );
}
