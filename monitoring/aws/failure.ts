import { toError } from '../../core/errors.ts';
import { parseRetryAfter } from '../../core/retry.ts';

/** What a failed call to AWS means for who made it. */
export interface AwsFailure {
  /**
   * `missing`: a group or stream is not there. `refused`: the same request would fail again. Everything else, wrong
   * credentials included, may be mended without changing the request: `later`.
   */
  kind: 'missing' | 'refused' | 'later';
  error: Error;
  retryAfterMs?: number;
}

const REFUSED = new Set([
  'InvalidParameterException',
  'SerializationException',
  'ValidationException',
  'RequestEntityTooLarge',
]);
const CREDENTIALS = new Set([
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'UnrecognizedClientException',
]);

interface SdkError extends Error {
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
}

/** @param what the call, for the reader: "CloudWatch Logs" */
export function readFailure(thrown: unknown, what: string, nowMs: number): AwsFailure {
  const error = toError(thrown) as SdkError;
  const status = error.$metadata?.httpStatusCode;
  const retryAfterMs = parseRetryAfter(error.$response?.headers?.['retry-after'], nowMs);
  const after = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (error.name === 'ResourceNotFoundException') return { kind: 'missing', error };
  if (REFUSED.has(error.name) || status === 413) {
    return { kind: 'refused', error: new Error(`${error.name}: ${withoutIds(error.message)}`) };
  }
  return { kind: 'later', error: new Error(wordsFor(error, what, status), { cause: error }), ...after };
}

function wordsFor(error: SdkError, what: string, status: number | undefined): string {
  const words = error.message.replace(/^AWS SDK error wrapper for (\w+: )?/, '');
  const said = error.name === 'Error' ? words : `${error.name}: ${words}`;
  if (CREDENTIALS.has(error.name)) {
    return `${what} does not let us in (${said}); check access_key_id, the environment or the role, and its permissions`;
  }
  if (/Throttling|TooManyRequests|LimitExceeded/.test(error.name)) return `${what} asks to slow down (${said})`;
  if (status !== undefined) return `${what} answered ${status} (${said})`;
  const { code } = error as NodeJS.ErrnoException;
  return `${what} cannot be reached (${code && !said.includes(code) ? `${code}, ` : ''}${said})`;
}

/** Request ids and quoted values differ from answer to answer; equal reasons are counted together. */
function withoutIds(message: string): string {
  return message
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '…')
    .replace(/\d{6,}/g, '…')
    .slice(0, 300);
}
