import { types } from 'node:util';
import { NoHttp2 } from './no-http2.ts';
import { ProxyFailed } from './proxy.ts';
import { RefusedTarget } from './refused-target.ts';
import type { ResponseProblem } from './response-parser.ts';
import { UnusableCertificate } from './secure-context.ts';
import { addressOf } from './target.ts';

const { isNativeError } = types;

/** Why an exchange has no usable response. `code` is stable; message and hint are for people. */
export interface ExchangeError {
  kind: 'network' | 'timeout' | 'refused_target' | 'response_limit' | 'template';
  code: string;
  message: string;
  hint: string | null;
}

/** Where an exchange was when it ended. */
export interface Progress {
  /** `host:port` */
  target: string;
  hostname: string;
  phase: 'connect' | 'wait' | 'download';
  receivedBytes: number;
  /** From the Content-Length header, where there was one. */
  expectedBytes: number | null;
}

type Explanation = Pick<ExchangeError, 'code' | 'message' | 'hint'>;

const CERTIFICATE: Record<string, [code: string, words: string, hint: string]> = {
  CERT_HAS_EXPIRED: ['TLS_CERTIFICATE_EXPIRED', 'the certificate has expired', 'renew it'],
  CERT_NOT_YET_VALID: [
    'TLS_CERTIFICATE_NOT_YET_VALID',
    'the certificate is not valid yet',
    'compare the clocks of both machines',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'TLS_CERTIFICATE_UNTRUSTED',
    'the certificate is self-signed',
    'trust its issuer through connection: { ca: … } or NODE_EXTRA_CA_CERTS',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'TLS_CERTIFICATE_UNTRUSTED',
    'the certificate chain ends in a self-signed certificate',
    'trust its issuer through connection: { ca: … } or NODE_EXTRA_CA_CERTS',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'TLS_CERTIFICATE_UNTRUSTED',
    'the certificate cannot be verified',
    'serve the intermediate certificates too',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'TLS_CERTIFICATE_UNTRUSTED',
    "the certificate's issuer is not known here",
    'trust it through connection: { ca: … } or NODE_EXTRA_CA_CERTS',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'TLS_NAME_MISMATCH',
    'the certificate is for another name',
    'check the host name in base_url',
  ],
};

/** Puts into words what Node threw, or what was wrong with a response. */
export function explainNetworkError(failure: unknown, progress: Progress): ExchangeError {
  const problem = problemOf(failure);
  if (problem) return { kind: 'network', ...explainResponse(problem, progress) };
  if (failure instanceof ProxyFailed) return explainProxy(failure);
  const error = innermost(failure);
  const code = codeOf(error);
  return {
    kind: 'network',
    ...(explainConnect(code, error, progress) ??
      explainTls(code, error, progress) ??
      explainHttp2(code, error, progress) ??
      explainBreak(code, error, progress)),
  };
}

function explainProxy({ proxy, status, cause }: ProxyFailed): ExchangeError {
  const target = addressOf(proxy);
  if (cause) {
    const progress = {
      target,
      hostname: proxy.hostname,
      phase: 'connect' as const,
      receivedBytes: 0,
      expectedBytes: null,
    };
    const refused = cause instanceof RefusedTarget ? cause.refusal : null;
    const { message, hint } = refused ?? explainNetworkError(cause, progress);
    return {
      kind: refused ? 'refused_target' : 'network',
      code: 'PROXY_FAILED',
      message: `the proxy of this connection: ${message}`,
      hint,
    };
  }
  const answered = status ? `answered with status ${status}` : 'closed the connection';
  return {
    kind: 'network',
    code: 'PROXY_REFUSED',
    message: `the proxy ${target} does not connect: it ${answered}`,
    hint: status === 407 ? 'write user name and password into its URL' : 'does the proxy allow this target and port?',
  };
}

function explainHttp2(code: string, error: Error, { target }: Progress): Explanation | undefined {
  if (
    error instanceof NoHttp2 ||
    code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' ||
    code === 'ERR_HTTP2_ERROR'
  ) {
    return {
      code: 'HTTP2_NOT_SPOKEN',
      message: `${target} does not speak HTTP/2`,
      hint: 'leave http: "2" out of the connection',
    };
  }
  if (!code.startsWith('ERR_HTTP2')) return undefined;
  const reason = /NGHTTP2_([A-Z_0-9]+)/.exec(error.message)?.[1] ?? error.message;
  return { code: 'HTTP2_FAILED', message: `${target} ended the HTTP/2 exchange: ${reason}`, hint: null };
}

function explainConnect(code: string, error: Error, { target, hostname, phase }: Progress): Explanation | undefined {
  switch (code) {
    case 'ECONNREFUSED': {
      const by = addressIn(error) ?? target;
      const named = by === target ? by : `${target} (${by})`;
      return { code: 'CONNECTION_REFUSED', message: `connection refused by ${named}`, hint: 'is the service running?' };
    }
    case 'ENOTFOUND':
      return {
        code: 'DNS_NOT_FOUND',
        message: `the name ${hostname} does not exist`,
        hint: 'check the host name in base_url',
      };
    case 'EAI_AGAIN':
    case 'ESERVFAIL':
    case 'ETIMEOUT':
      return {
        code: 'DNS_FAILED',
        message: `the name ${hostname} could not be looked up: the name server did not answer`,
        hint: 'check the network of this machine',
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return {
        code: 'UNREACHABLE',
        message: `${target} cannot be reached from here`,
        hint: 'check route and firewall',
      };
    case 'ETIMEDOUT':
      if (phase !== 'connect') return undefined;
      return {
        code: 'CONNECT_TIMEOUT',
        message: `${target} did not accept the connection`,
        hint: 'check route and firewall',
      };
    case 'ENOVERSION':
      return {
        code: 'UNREACHABLE',
        message: error.message,
        hint: 'change ip of the connection, or ask for the other kind of address',
      };
    default:
      return undefined;
  }
}

function explainTls(code: string, error: Error, { target }: Progress): Explanation | undefined {
  if (error instanceof UnusableCertificate) {
    return {
      code: 'CERTIFICATE_UNUSABLE',
      message: `TLS with ${target}: ca or client_certificate of the connection cannot be used: ${error.message}`,
      hint: 'both are PEM; check the passphrase too',
    };
  }
  if (code.endsWith('_NO_APPLICATION_PROTOCOL')) return undefined;
  const certificate = CERTIFICATE[code];
  if (certificate)
    return { code: certificate[0], message: `TLS with ${target}: ${certificate[1]}`, hint: certificate[2] };
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return {
      code: 'TLS_FAILED',
      message: `${target} does not speak TLS`,
      hint: 'is base_url meant to start with http:// ?',
    };
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') {
    const reason = (error as { reason?: string }).reason ?? error.message;
    return { code: 'TLS_FAILED', message: `TLS with ${target} failed: ${reason}`, hint: null };
  }
  return undefined;
}

function explainBreak(code: string, error: Error, progress: Progress): Explanation {
  if (code === 'ECONNRESET' || code === 'EPIPE') return explainResponse({ kind: 'closed', detail: '' }, progress);
  return {
    code: 'NETWORK_ERROR',
    message: `${progress.target}: ${error.message || code || 'unknown network error'}`,
    hint: null,
  };
}

function explainResponse({ kind, detail }: ResponseProblem, progress: Progress): Explanation {
  const { target, phase } = progress;
  if (kind === 'headers_too_large') {
    return {
      code: 'HEADERS_TOO_LARGE',
      message: `the response headers of ${target} are too large`,
      hint: 'at most 16 KiB are read',
    };
  }
  if (kind === 'malformed') {
    const what = phase === 'download' ? 'sent a body that breaks HTTP framing' : 'sent something that is not HTTP';
    return { code: 'INVALID_RESPONSE', message: `${target} ${what}: ${detail}`, hint: null };
  }
  return explainClosed(progress);
}

function explainClosed({ target, phase, receivedBytes, expectedBytes }: Progress): Explanation {
  switch (phase) {
    case 'download': {
      const of = expectedBytes === null ? '' : ` of ${expectedBytes}`;
      return {
        code: 'BODY_TRUNCATED',
        message: `${target} closed the connection in the middle of the body, after ${receivedBytes}${of} bytes`,
        hint: null,
      };
    }
    case 'connect':
      return {
        code: 'CONNECTION_RESET',
        message: `${target} closed the connection while it was being set up`,
        hint: 'does the port expect TLS, or the other way round?',
      };
    case 'wait':
      return {
        code: 'CONNECTION_RESET',
        message: `${target} closed the connection before it answered`,
        hint: 'did the service crash or restart?',
      };
  }
}

/** Both an error and a problem may come here; a problem is plain. */
function problemOf(failure: unknown): ResponseProblem | null {
  if (failure === null || typeof failure !== 'object' || isNativeError(failure)) return null;
  return 'kind' in failure && 'detail' in failure ? (failure as ResponseProblem) : null;
}

function codeOf(error: Error): string {
  return String((error as { code?: unknown }).code ?? '');
}

/** The error that says most: of several tried addresses the last one's, of a wrapped one its cause. */
function innermost(thrown: unknown): Error {
  if (!isNativeError(thrown)) return new Error(String(thrown));
  const tried = (thrown as { errors?: unknown[] }).errors;
  if (Array.isArray(tried) && tried.length > 0) return innermost(tried.at(-1));
  const cause = thrown.cause;
  const wrapped = isNativeError(cause) && codeOf(cause) !== '';
  return wrapped ? innermost(cause) : thrown;
}

function addressIn(error: Error): string | undefined {
  const { address, port } = error as { address?: string; port?: number };
  if (!address || !port) return undefined;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
