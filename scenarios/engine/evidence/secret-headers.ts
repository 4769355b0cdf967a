import { isTokenName } from './token-fields.ts';

/** Besides those that are called as fields with credentials are: `authorization`, `cookie`, `x-api-key`, `token`. */
const SECRET_HEADERS = new Set([
  'x-access-token',
  'x-amz-security-token',
  'x-goog-api-key',
  'x-session-token',
  'x-vault-token',
  'x-xsrf-token',
  'private-token',
]);

/** Whether a header field carries credentials. @param name in lower case */
export function isSecretHeader(name: string): boolean {
  return isTokenName(name) || SECRET_HEADERS.has(name);
}
