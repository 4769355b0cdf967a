import { createSecureContext, type SecureContext } from 'node:tls';
import type { ConnectionSettings } from './connection.ts';

let builtIn: SecureContext | undefined;
const bySettings = new WeakMap<ConnectionSettings, SecureContext>();

/**
 * What TLS needs besides the name; making one reads all trusted certificates, so it is kept.
 * @returns the error where the settings hold something that OpenSSL does not accept, such as a wrong passphrase
 */
export function secureContextOf(settings: ConnectionSettings): { context: SecureContext } | { error: Error } {
  const { ca, clientCertificate } = settings;
  if (ca === null && clientCertificate === null) {
    builtIn ??= createSecureContext();
    return { context: builtIn };
  }
  const known = bySettings.get(settings);
  if (known) return { context: known };
  try {
    const context = createSecureContext({
      ...(ca === null ? {} : { ca }),
      ...(clientCertificate && {
        cert: clientCertificate.cert,
        key: clientCertificate.key,
        ...(clientCertificate.passphrase === null ? {} : { passphrase: clientCertificate.passphrase }),
      }),
    });
    bySettings.set(settings, context);
    return { context };
  } catch (error) {
    return { error: new UnusableCertificate(error as Error) };
  }
}

/** CA or client certificate of the settings cannot be used. OpenSSL's words hold nothing of the key. */
export class UnusableCertificate extends Error {
  constructor(cause: Error) {
    super((cause as { reason?: string }).reason ?? cause.message);
  }
}
