import { types } from 'node:util';

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
    'trust its issuer through NODE_EXTRA_CA_CERTS',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'TLS_CERTIFICATE_UNTRUSTED',
    'the certificate chain ends in a self-signed certificate',
    'trust its issuer through NODE_EXTRA_CA_CERTS',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'TLS_CERTIFICATE_UNTRUSTED',
    'the certificate cannot be verified',
    'serve the intermediate certificates too',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'TLS_CERTIFICATE_UNTRUSTED',
    "the certificate's issuer is not known here",
    'trust it through NODE_EXTRA_CA_CERTS',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'TLS_NAME_MISMATCH',
    'the certificate is for another name',
    'check the host name in base_url',
  ],
};

/** Puts what Node or undici threw into words. */
export function explainNetworkError(thrown: unknown, progress: Progress): ExchangeError {
  const error = innermost(thrown);
  const code = codeOf(error);
  return {
    kind: 'network',
    ...(explainConnect(code, error, progress) ??
      explainTls(code, error, progress) ??
      explainResponse(code, error, progress)),
  };
}

function explainConnect(code: string, error: Error, { target, hostname, phase }: Progress): Explanation | undefined {
  switch (code) {
    case 'ECONNREFUSED': {
      const by = addressOf(error) ?? target;
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
    case 'UND_ERR_CONNECT_TIMEOUT':
      if (phase !== 'connect') return undefined;
      return {
        code: 'CONNECT_TIMEOUT',
        message: `${target} did not accept the connection`,
        hint: 'check route and firewall',
      };
    case 'UND_ERR_INVALID_ARG':
      return {
        code: 'INVALID_REQUEST',
        message: `the request cannot be sent: ${error.message}`,
        hint: 'check method, path and headers of the step',
      };
    default:
      return undefined;
  }
}

function explainTls(code: string, error: Error, { target }: Progress): Explanation | undefined {
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

function explainResponse(code: string, error: Error, progress: Progress): Explanation {
  const { target, phase, receivedBytes, expectedBytes } = progress;
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return {
      code: 'HEADERS_TOO_LARGE',
      message: `the response headers of ${target} are too large`,
      hint: 'at most 16 KiB are read',
    };
  }
  const closed =
    code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE' || code === 'HPE_INVALID_EOF_STATE';
  if (phase === 'download' && (closed || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH')) {
    const came =
      expectedBytes === null ? `after ${receivedBytes} bytes` : `after ${receivedBytes} of ${expectedBytes} bytes`;
    return {
      code: 'BODY_TRUNCATED',
      message: `${target} closed the connection in the middle of the body, ${came}`,
      hint: null,
    };
  }
  // undici's words for a 100 or 101 that nobody asked for.
  if (/^bad (?:response|upgrade)$/.test(error.message)) {
    return {
      code: 'INVALID_RESPONSE',
      message: `${target} answered with an interim status (100 or 101) that nobody asked for`,
      hint: null,
    };
  }
  if (closed && phase === 'connect') {
    return {
      code: 'CONNECTION_RESET',
      message: `${target} closed the connection while it was being set up`,
      hint: 'does the port expect TLS, or the other way round?',
    };
  }
  if (closed) {
    return {
      code: 'CONNECTION_RESET',
      message: `${target} closed the connection before it answered`,
      hint: 'did the service crash or restart?',
    };
  }
  if (code.startsWith('HPE_')) {
    const what = phase === 'download' ? 'sent a body that breaks HTTP framing' : 'sent something that is not HTTP';
    return { code: 'INVALID_RESPONSE', message: `${target} ${what}: ${parserDetail(error)}`, hint: null };
  }
  return {
    code: 'NETWORK_ERROR',
    message: `${target}: ${error.message || code || 'unknown network error'}`,
    hint: null,
  };
}

/** Node's or undici's code; undici leaves some of its parser's errors without one. */
function codeOf(error: Error): string {
  return String((error as { code?: unknown }).code ?? (error.name === 'HTTPParserError' ? 'HPE_INVALID' : ''));
}

/** The parser's own words, which undici puts in brackets. */
function parserDetail(error: Error): string {
  return /\((.+)\)$/.exec(error.message)?.[1] ?? error.message;
}

/** The error that says most: of several tried addresses the last one's, of a wrapped one its cause. */
function innermost(thrown: unknown): Error {
  if (!isNativeError(thrown)) return new Error(String(thrown));
  const tried = (thrown as { errors?: unknown[] }).errors;
  if (Array.isArray(tried) && tried.length > 0) return innermost(tried.at(-1));
  const cause = thrown.cause;
  const wrapped = isNativeError(cause) && codeOf(cause) !== '' && !codeOf(thrown).startsWith('HPE_');
  return wrapped ? innermost(cause) : thrown;
}

function addressOf(error: Error): string | undefined {
  const { address, port } = error as { address?: string; port?: number };
  if (!address || !port) return undefined;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
