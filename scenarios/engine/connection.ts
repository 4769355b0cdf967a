import type { Connection } from '../language/model.ts';
import type { Scope, Template, TemplateError } from '../language/template.ts';
import type { RunEvidence } from './evidence/run-evidence.ts';
import { Filling } from './filling.ts';
import { type ConnectionSettings, DEFAULT_CONNECTION } from './http/connection.ts';

export type Settled = { readonly value: ConnectionSettings } | { readonly error: TemplateError };

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
  readonly #merged = new Map<Connection | null, Connection | null>();
  readonly #settled = new Map<Connection, Settled>();

  /** @param base of environment and scenario */
  constructor(base: Connection | null, evidence: RunEvidence) {
    this.#base = base;
    this.#evidence = evidence;
  }

  settle(own: Connection | null, scope: Scope): Settled {
    if (own === null && this.#base === null) return DEFAULT;
    let merged = this.#merged.get(own);
    if (merged === undefined) {
      merged = mergeConnections(this.#base, own);
      this.#merged.set(own, merged);
    }
    if (merged === null) return DEFAULT;
    const known = this.#settled.get(merged);
    if (known) return known;
    const settled = settle(merged, scope, this.#evidence);
    if (isConstant(merged)) this.#settled.set(merged, settled);
    return settled;
  }
}

function settle(connection: Connection, scope: Scope, evidence: RunEvidence): Settled {
  const fill = new Filling(scope);
  const text = (template: Template | undefined) => (template ? fill.text(template) : null);
  const { clientCertificate } = connection;
  const passphrase = text(clientCertificate?.passphrase);
  const proxy = text(connection.proxy);
  const servername = text(connection.servername);
  const resolve = text(connection.resolve);
  if (fill.error) return { error: fill.error };
  if (passphrase !== null) evidence.addSecret(passphrase);
  if (proxy !== null) hideCredentials(proxy, evidence);
  const { cert, key } = clientCertificate ?? {};
  if (clientCertificate && (cert === undefined || key === undefined)) {
    const name = 'client_certificate';
    const missing = cert === undefined ? 'cert' : 'key';
    const message = `${name} has no ${missing}, neither here nor in scenario or environment`;
    return { error: { code: 'unusable', message, hint: 'it takes cert and key', name } };
  }
  const { http = '1.1', verify = true, ip = null, ca = null } = connection;
  const certificate = cert === undefined || key === undefined ? null : { cert, key, passphrase };
  return { value: { http, proxy, ca, clientCertificate: certificate, verify, ip, servername, resolve } };
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
