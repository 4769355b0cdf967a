import { type Static, Type } from 'typebox';
import { PROBLEMS, type ProblemCode } from './catalogue.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** Problem details, RFC 9457 §3.1, with the extension members `code`, `errors` and `trace_id`. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:ringdown:problem:<code>' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable; branch on this' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          in: Type.String({ description: 'body, querystring, params or headers' }),
          pointer: Type.String({ description: 'JSON Pointer (RFC 6901) into that part' }),
          detail: Type.String(),
        }),
      ),
    ),
    trace_id: Type.Optional(Type.String({ description: 'Quote it when reporting a failure of the server' })),
  },
  { $id: 'Problem', title: 'Problem' },
);
export type Problem = Static<typeof Problem>;

/** Thrown by handlers to end a request with a problem document. Not a bug: logged at info. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  /** What FastifyError calls it too, so that instrumentation that looks for it finds it. */
  readonly statusCode: number;
  readonly headers: Record<string, string>;

  constructor(code: ProblemCode, detail: string, options: { status?: number; headers?: Record<string, string> } = {}) {
    super(detail);
    this.name = 'ProblemError';
    this.code = code;
    this.statusCode = options.status ?? PROBLEMS[code].status;
    this.headers = options.headers ?? {};
  }
}

export function problemDocument(
  code: ProblemCode,
  detail: string,
  extra: Partial<Pick<Problem, 'status' | 'errors' | 'trace_id'>> = {},
): Problem {
  const { status, title } = PROBLEMS[code];
  return { type: `urn:ringdown:problem:${code}`, title, status, detail, code, ...extra };
}

/** The `response` entries of a route schema for the problems it can answer with. */
export function problemResponses(...codes: ProblemCode[]): Record<string, object> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      String(status),
      {
        description: group.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
        // By reference: `problemDetails` registers the schema, and the OpenAPI document holds it once.
        content: { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: 'Problem#' } } },
      },
    ]),
  );
}
