import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { PROBLEMS, type ProblemCode } from './catalogue.ts';
import { PROBLEM_CONTENT_TYPE, problemDocument } from './problem.ts';

/** Answers for sockets whose bytes are not HTTP: there is no request yet, so Fastify's reply does not exist. */
export function answerBrokenSocket(this: FastifyInstance, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const code: ProblemCode = error.code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'malformed_request';
  const problem = problemDocument(code, 'the bytes received are not a valid HTTP request');
  const body = JSON.stringify(problem);
  this.log.info({ problem: code, reason: error.code }, 'refused a malformed HTTP request');
  socket.end(
    `HTTP/1.1 ${PROBLEMS[code].status} ${PROBLEMS[code].title}\r\ncontent-type: ${PROBLEM_CONTENT_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
