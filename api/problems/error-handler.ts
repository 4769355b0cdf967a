import { trace } from '@opentelemetry/api';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { allowedMethods, type KnownRoute } from '../routing/known-routes.ts';
import type { ProblemCode } from './catalogue.ts';
import {
  PROBLEM_CONTENT_TYPE,
  type Problem,
  ProblemError,
  Problem as ProblemSchema,
  problemDocument,
} from './problem.ts';

/** Fastify's own refusals, https://fastify.dev/docs/latest/Reference/Errors/, in our words. */
const FASTIFY_CODES: Record<string, ProblemCode> = {
  FST_ERR_BAD_URL: 'malformed_request',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_request',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_request',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
  FST_ERR_VALIDATION: 'invalid_request',
};

/** Turns whatever a request ends with, unknown paths included, into problem details (RFC 9457). */
export const problemDetails = fp<{ knownRoutes: readonly KnownRoute[] }>(
  async (app, { knownRoutes }) => {
    app.addSchema(ProblemSchema);
    app.setErrorHandler((error: FastifyError | ProblemError, request, reply) => answerError(error, request, reply));
    app.setNotFoundHandler((request, reply) => {
      const path = request.url.split('?', 1)[0]!;
      const allow = allowedMethods(knownRoutes, path);
      if (allow.length === 0) return send(reply, problemDocument('not_found', `nothing at ${path}`));
      reply.header('allow', allow.join(', '));
      return send(
        reply,
        problemDocument('method_not_allowed', `${path} takes ${allow.join(', ')}, not ${request.method}`),
      );
    });
  },
  { name: 'problem-details' },
);

/** Also for Fastify's `frameworkErrors`: what fails before a route is found. */
export function answerError(
  error: FastifyError | ProblemError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof ProblemError) {
    request.log.info({ problem: error.code }, error.message);
    reply.headers(error.headers);
    return send(reply, problemDocument(error.code, error.message, { status: error.statusCode }));
  }
  const problem = clientProblem(error);
  if (problem) {
    request.log.info({ problem: problem.code }, error.message);
    return send(reply, problem);
  }
  // The message stays in the log: it may name tables, files or peers.
  request.log.error({ err: error }, error.message);
  const status = error.statusCode && error.statusCode >= 500 ? error.statusCode : 500;
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  return send(
    reply,
    problemDocument(status === 503 ? 'unavailable' : 'internal_error', 'the server has logged what happened', {
      status,
      ...(traceId ? { trace_id: traceId } : {}),
    }),
  );
}

/** The request's own fault, or undefined when it is the server's. */
function clientProblem(error: FastifyError): Problem | undefined {
  if (error.validation) {
    const part = error.validationContext ?? 'body';
    const errors = error.validation.map(({ instancePath, message }) => ({
      in: part,
      pointer: instancePath,
      detail: message ?? 'does not fit',
    }));
    const detail = errors.map((entry) => `${part}${entry.pointer} ${entry.detail}`).join('; ');
    return problemDocument('invalid_request', detail, { errors });
  }
  const code = FASTIFY_CODES[error.code];
  if (code) return problemDocument(code, error.message);
  // Malformed JSON and poisoned keys (`__proto__`) come from the parser without a code.
  const status = error.statusCode ?? 500;
  if (status < 400 || status >= 500) return undefined;
  return problemDocument('malformed_request', error.message, { status });
}

function send(reply: FastifyReply, problem: Problem): FastifyReply {
  return (
    reply
      .code(problem.status)
      .header('cache-control', 'no-store')
      .type(PROBLEM_CONTENT_TYPE)
      // Serialised here: a route's response schema for a success must not be applied to its errors.
      .serializer(JSON.stringify)
      .send(problem)
  );
}
