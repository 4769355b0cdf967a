const SECRET_HEADERS = new Set([
  'authorization',
  'cookie',
  'set-cookie',
  'proxy-authorization',
  'x-api-key',
  'x-auth-token',
  'x-csrf-token',
  'api-key',
]);

/** Whether a header field carries credentials. @param name in lower case */
export function isSecretHeader(name: string): boolean {
  return SECRET_HEADERS.has(name);
}
