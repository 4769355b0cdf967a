/**
 * Every error that this API answers with, once: HTTP status and title by code.
 * The code is stable and is what clients should branch on.
 */
export const PROBLEMS = {
  malformed_request: { status: 400, title: 'The request cannot be read' },
  invalid_request: { status: 400, title: 'The request does not fit the schema' },
  invalid_cursor: { status: 400, title: 'The cursor is not one that this API gave out' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  invalid_credentials: { status: 401, title: 'E-mail or password is wrong' },
  invalid_token: { status: 401, title: 'The access token is not valid, or not any more' },
  invalid_refresh_token: { status: 401, title: 'The refresh token is not valid, or not any more' },
  refresh_token_reused: { status: 401, title: 'The refresh token was used before; its session is revoked' },
  not_the_author: { status: 403, title: 'Only the author may change a post' },
  not_found: { status: 404, title: 'There is nothing here' },
  post_not_found: { status: 404, title: 'There is no such post' },
  fault_not_found: { status: 404, title: 'There is no such fault' },
  method_not_allowed: { status: 405, title: 'This path does not take this method' },
  email_taken: { status: 409, title: 'There is an account with this e-mail already' },
  payload_too_large: { status: 413, title: 'The request body is too large' },
  uri_too_long: { status: 414, title: 'The request path is too long' },
  unsupported_media_type: { status: 415, title: 'Send application/json' },
  unknown_route: { status: 422, title: 'No route of this API matches' },
  headers_too_large: { status: 431, title: 'The request headers are too large' },
  injected_fault: { status: 400, title: 'A fault was injected on purpose' },
  internal_error: { status: 500, title: 'Something failed on our side' },
  unavailable: { status: 503, title: 'The service cannot answer right now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;
