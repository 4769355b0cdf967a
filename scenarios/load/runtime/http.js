import crypto from 'k6/crypto';
import encoding from 'k6/encoding';
import http from 'k6/http';
import { MISSING } from './conditions.js';
import { StepError, state, timeLeft } from './flow.js';
import { at } from './json-path.js';
import { randomHex } from './randomness.js';
import { asJson, formText, wellFormed } from './templates.js';

/** Sends a request and waits for its answer. `name` stands for the URL in the figures. */
export function send(method, target, options = {}) {
  const request = prepare(method, target, options);
  const ask = () => http.request(request.method, request.url, request.body, request.params);
  return answered(orStopped(ask), request);
}

/** What k6 gives, or the end of the step where it throws: such as at an answer that changes the protocol. */
export function orStopped(ask) {
  try {
    return ask();
  } catch (error) {
    throw new StepError(String(error).replace('GoError: ', ''));
  }
}

/** Whether an answer is right is for the checks to say; a request has failed when none came. */
export const anyAnswer = http.expectedStatuses({ min: 100, max: 999 });

/** A request as k6 takes it, also in a batch. */
export function prepare(method, target, options = {}) {
  const { query = [], headers = {}, form, multipart, body = null, timeout = 3_600_000, redirects = 0 } = options;
  // k6 would undo the coding of a body that is not there.
  /** @type {import('k6/http').ResponseType} */
  const responseType = method === 'HEAD' ? 'none' : options.bytes ? 'binary' : 'text';
  const sent = { accept: '*/*', 'accept-encoding': 'gzip, deflate, br' };
  if ('json' in options) sent['content-type'] = 'application/json';
  if (form) sent['content-type'] = 'application/x-www-form-urlencoded';
  if (multipart) sent['content-type'] = `multipart/form-data; boundary=${multipart.boundary}`;
  if (options.type) sent['content-type'] = options.type;
  for (const [header, value] of Object.entries(headers)) sent[header.toLowerCase()] = value;
  sent['user-agent'] = sent['user-agent'] ? `${USER_AGENT} ${sent['user-agent']}` : USER_AGENT;
  sent.traceparent = `00-${state.trace}-${randomHex(16)}-01`;
  const whole = targetOf(target);
  return {
    method,
    url: query.length === 0 ? whole : `${whole}${whole.includes('?') ? '&' : '?'}${formText(query)}`,
    body: 'json' in options ? asJson(options.json) : form ? formText(form) : (multipart?.body ?? body),
    params: {
      headers: sent,
      redirects,
      responseType,
      timeout: Math.max(1, Math.min(timeout, timeLeft())),
      responseCallback: anyAnswer,
      ...(COOKIES ? {} : { jar: new http.CookieJar() }),
      tags: { name: options.name ?? `${method} ${target.split('?')[0]}` },
    },
  };
}

/** Joins a path to the address of the service; what has a scheme stands for itself. Only ASCII is sent. */
export function targetOf(target) {
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(target) ? target : BASE_URL + target.replace(/^(?!\/)/, '/');
  const [host] = /^[^/?]*\/\/[^/?]*/.exec(whole) ?? [''];
  return (
    host + whole.slice(host.length).replace(/[^\x00-\x7f]+/g, (letters) => encodeURIComponent(wellFormed(letters)))
  );
}

/** The answer, or an error that ends the step where none came that can be read. */
export function answered(answer, { params }) {
  // An answer with such a status has an error code that says so, from 1400 on.
  if (answer.error_code !== 0 && !(answer.status >= 400 && answer.error_code === 1000 + answer.status))
    throw new StepError(answer.error || `no answer (${answer.error_code})`);
  const codings = header(answer, 'content-encoding');
  if (codings !== MISSING && codings.split(/ *, */).some((coding) => coding !== '' && !CODINGS.includes(coding)))
    throw new StepError(`the body says content-encoding ${codings}, which k6 does not undo`);
  if ((answer.body?.length ?? answer.body?.byteLength) > LONGEST_BODY)
    throw new StepError('the body is larger than 10 MiB');
  if (
    params.redirects > 0 &&
    [301, 302, 303, 307, 308].includes(answer.status) &&
    header(answer, 'location') !== MISSING
  )
    throw new StepError(`more than ${params.redirects} redirects`);
  return answer;
}

/** What k6 undoes. */
const CODINGS = ['gzip', 'deflate', 'br', 'zstd', 'identity'];
/** Of a body, in bytes or letters. */
const LONGEST_BODY = 10 * 1024 * 1024;

/** Whether the status is one of these: a code, or a class such as 2xx. */
export function statusIs(answer, ...accepted) {
  return accepted.some((wanted) =>
    /^[1-5]xx$/.test(String(wanted))
      ? Number(String(wanted)[0]) === Math.floor(answer.status / 100)
      : String(wanted) === String(answer.status) || wanted === answer.statusName,
  );
}

/** A header by its name in any case, or MISSING. */
export function header(answer, name) {
  const key = Object.keys(answer.headers).find((known) => known.toLowerCase() === name.toLowerCase());
  return key === undefined ? MISSING : answer.headers[key];
}

/** A part of the cookie that the answer sets last under this name, or MISSING. */
export function cookie(answer, name, part) {
  const set = answer.cookies[name] ?? [];
  if (set.length === 0) return MISSING;
  const given = set[set.length - 1][part];
  // k6 takes the quotes away that belong to a value (RFC 6265bis).
  const quoted = part === 'value' && String(header(answer, 'set-cookie')).includes(`${name}="${given}"`);
  return quoted ? `"${given}"` : given;
}

/** The body as text. */
export function bodyOf(answer) {
  const { body } = answer;
  if (typeof body === 'string') return body;
  return body ? encoding.b64decode(encoding.b64encode(body), 'std', 's') : '';
}

/** The body as text; an empty one does not exist. */
export function bodyIfAny(answer) {
  return bodyOf(answer) === '' ? MISSING : bodyOf(answer);
}

/** Bytes of the body; of one that was read as a text, in UTF-8. */
export function sizeOf(answer) {
  const { body } = answer;
  if (typeof body !== 'string') return body ? body.byteLength : 0;
  return encodeURIComponent(wellFormed(body)).replace(/%../g, ' ').length;
}

/** SHA-256 of the body in hexadecimal digits. */
export function digestOf(answer) {
  return crypto.sha256(answer.body ?? '', 'hex');
}

/** A condition on a digest, which may be written in capitals. */
export function inLowerCase(condition) {
  const { equals } = condition;
  return typeof equals === 'string' ? { ...condition, equals: equals.toLowerCase() } : condition;
}

/** The body read as JSON. */
export function json(answer) {
  if (parsed.answer !== answer) {
    try {
      parsed = { answer, value: JSON.parse(bodyOf(answer)), readable: true };
    } catch {
      parsed = { answer, value: undefined, readable: false };
    }
  }
  if (!parsed.readable) throw new StepError('the body is not JSON');
  return parsed.value;
}

let parsed = { answer: null, value: undefined, readable: false };

/** The list of messages that came. */
export function messagesOf(answer) {
  if (!Array.isArray(json(answer))) throw new StepError('the answer is no list of messages');
  return json(answer);
}

/** The first group of the first match, the whole match where there is no group, or MISSING. */
export function firstMatch(value, regex) {
  const match = value.length <= 2 ** 20 ? regex.exec(value) : null;
  return match?.[match.length > 1 ? 1 : 0] ?? MISSING;
}

/** Whether a GraphQL answer is without errors (specification, section 7.1.2). */
export function hasNoErrors(answer) {
  try {
    const errors = at(JSON.parse(bodyOf(answer)), 'errors');
    return !Array.isArray(errors) || errors.length === 0;
  } catch {
    return true;
  }
}

/** How long it took in milliseconds, connection included, or how long one phase did. */
export function took(answer, phase = 'total') {
  const { blocked, looking_up, connecting, tls_handshaking, waiting, receiving, duration } = answer.timings;
  return {
    total: blocked + duration,
    dns: looking_up,
    connect: connecting,
    tls: tls_handshaking,
    first_byte: waiting,
    download: receiving,
  }[phase];
}

/** The header of user and password (RFC 7617). */
export function basic(username, password) {
  return `Basic ${encoding.b64encode(`${username}:${password}`)}`;
}
