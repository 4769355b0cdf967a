import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from './resources.ts';

/** An answer of 4xx or 5xx that a route chose. `code` is stable; `detail` says what to do where that is not plain. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** Members besides those of every problem. */
  readonly more: Pick<Problem, 'diagnostics' | 'current'>;

  constructor(status: number, code: string, detail: string, more: HttpProblem['more'] = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

export const notFound = (what: string) => new HttpProblem(404, 'NOT_FOUND', `${what} does not exist`);

/** RFC 9457. */
export function problem(status: number, code: string, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code };
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  return reply.code(body.status).type('application/problem+json').send(body);
}

export function answerError(
  error: FastifyError | HttpProblem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof HttpProblem)
    return sendProblem(reply, { ...problem(error.status, error.code, error.message), ...error.more });
  if (error.validation) return sendProblem(reply, problem(400, 'INVALID_REQUEST', error.message));
  if (/^SQLITE_(?!CONSTRAINT)/.test(error.code ?? '')) {
    request.log.warn({ err: error }, 'the state database did not answer a request');
    return sendProblem(reply, problem(503, 'STORAGE', `the state database does not answer: ${error.message}`));
  }
  if (error.code === 'BROKEN_ROW') {
    request.log.error({ err: error }, 'a row of the state database cannot be read');
    return sendProblem(reply, problem(500, error.code, error.message));
  }
  const status = error.statusCode ?? 500;
  if (status < 500) return sendProblem(reply, problem(status, error.code ?? 'REFUSED', error.message));
  request.log.error({ err: error }, 'request failed');
  return sendProblem(reply, problem(500, 'INTERNAL', 'the watcher failed to answer; its log says why'));
}
