import type { AssertionResult, EvidenceBody, Failure, RunResult, StepResult } from '../../run-result.ts';
import { REDACTED, Redactor } from './redactor.ts';
import { isSecretHeader } from './secret-headers.ts';
import { type Span, tokensInForm, tokensInJson } from './token-fields.ts';

/** Bytes of a body that are kept. */
const CAP_BYTES = 64 * 1024;
/** What is read past the cap, so that a secret across it is recognised as a whole. */
const MARGIN_BYTES = 16 * 1024;
/** Characters of all bodies of a run; past it those of steps that passed are left out. */
const ENOUGH_BODIES = 4 * 2 ** 20;
/** Past it those of all steps are. */
const MOST_BODIES = 2 * ENOUGH_BODIES;
const LEFT_OUT = `[left out: the bodies before this one were more than ${ENOUGH_BODIES / 2 ** 20} MiB]`;
/** Values of token-like fields shorter than this are masked where they stand, but not searched for elsewhere. */
const SHORTEST_TOKEN = 6;
/** What a function makes of a secret may be as short as `true`. */
const SHORTEST_DERIVED = 8;
/** Characters of a captured value that are kept. */
const LONGEST_CAPTURE = 4_096;
const DEEPEST_SECRET = 50;
const URL_HEADERS = new Set(['location', 'content-location', 'referer', 'refresh', 'link']);

/** A moment in the collecting. */
export interface EvidenceMark {
  readonly bodies: number;
  readonly characters: number;
  readonly secrets: number;
}

/**
 * Collects what a run sent and received, and every secret that it comes across on the way. A secret may turn up
 * before it is known as one (a token stands in the response that it is captured from), so all text stays raw until
 * `finish`, which redacts the whole result at once.
 */
export class RunEvidence {
  readonly #redactor: Redactor;
  readonly #bodies: { body: EvidenceBody; cut: boolean }[] = [];
  #characters = 0;

  /** @param secrets values of the declared secrets */
  constructor(secrets: Iterable<string>) {
    this.#redactor = new Redactor(secrets);
  }

  /** Takes note of a value that must not be shown, such as a `secret: true` capture. */
  addSecret(value: unknown, depth = 0): void {
    if (this.#redactor.withholding) return;
    if (typeof value === 'string' || typeof value === 'number') this.#redactor.add(String(value));
    else if (value !== null && typeof value === 'object' && depth < DEEPEST_SECRET) {
      for (const inner of Object.values(value)) this.addSecret(inner, depth + 1);
    }
  }

  /** Takes note of what a function made of these arguments, where one of them is a secret. */
  addDerived(args: readonly unknown[], value: unknown): void {
    if (!args.some((arg) => typeof arg === 'string' && this.#redactor.has(arg))) return;
    const waiting = [value];
    while (waiting.length > 0) {
      const next = waiting.pop();
      if (typeof next === 'string' && next.length >= SHORTEST_DERIVED) this.#redactor.add(next);
      else if (typeof next === 'object' && next !== null) waiting.push(...Object.values(next));
    }
  }

  /** A captured value as evidence: large and deeply nested ones are only described. */
  captured(value: unknown): unknown {
    if (typeof value === 'string') return value.length <= LONGEST_CAPTURE ? value : `[${value.length} characters]`;
    if (value === null || typeof value !== 'object') return value;
    try {
      const { length } = JSON.stringify(value);
      return length <= LONGEST_CAPTURE ? value : `[${length} characters of JSON]`;
    } catch {
      // A response can be nested deeper than the stack is high.
      return '[JSON, nested too deeply to show]';
    }
  }

  /** Headers as evidence: names in lower case, credentials masked and remembered. */
  headers(headers: Record<string, string | string[] | undefined>): Record<string, string> {
    const kept: Record<string, string> = {};
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined) continue;
      const lower = name.toLowerCase();
      if (isSecretHeader(lower)) {
        for (const one of typeof value === 'string' ? [value] : value) this.#rememberHeader(lower, one);
        kept[lower] = REDACTED;
      } else {
        const joined = typeof value === 'string' ? value : value.join(', ');
        kept[lower] = URL_HEADERS.has(lower) ? this.url(joined) : joined;
      }
    }
    return kept;
  }

  /** A URL as evidence: values of token-like parameters of query and fragment are masked and remembered. */
  url(url: string): string {
    const query = url.search(/[?#]/);
    return query === -1 ? url : url.slice(0, query) + this.#mask(url.slice(query), tokensInForm, decodeForm);
  }

  /** A body as evidence, complete only after `finish`. */
  body(bytes: Uint8Array | string | null, contentType: string | null): EvidenceBody | null {
    if (bytes === null || bytes.length === 0) return null;
    const raw =
      typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const cut = raw.length > CAP_BYTES + MARGIN_BYTES;
    const text = decodeText(cut ? raw.subarray(0, CAP_BYTES + MARGIN_BYTES) : raw, contentType);
    const form = contentType?.includes('x-www-form-urlencoded') ?? false;
    const masked = form ? this.#mask(text, tokensInForm, decodeForm) : this.#mask(text, tokensInJson, decodeJson);
    const body: EvidenceBody = {
      text: masked,
      content_type: contentType,
      size_bytes: raw.length,
      truncated: raw.length > CAP_BYTES,
    };
    this.#bodies.push({ body, cut });
    return body;
  }

  /** Leaves out the bodies of a step that is over, where the run has enough of them. */
  bound({ status, request, response }: StepResult): void {
    const most = status === 'passed' ? ENOUGH_BODIES : MOST_BODIES;
    for (const body of [request?.body, response?.body]) {
      if (!body) continue;
      if (this.#characters + body.text.length <= most) {
        this.#characters += body.text.length;
        continue;
      }
      body.text = LEFT_OUT;
      body.truncated = true;
      const at = this.#bodies.findLastIndex((entry) => entry.body === body);
      this.#bodies.splice(at, 1);
    }
  }

  /** What has been collected so far. */
  mark(): EvidenceMark {
    return { bodies: this.#bodies.length, characters: this.#characters, secrets: this.#redactor.size };
  }

  /**
   * Lets go of the bodies since the mark, which nothing shows any more, and of the secrets since then where there are so
   * many that later ones would find no room. What is kept of the steps that they belong to is redacted before.
   */
  release(steps: StepResult[], mark: EvidenceMark): void {
    this.#bodies.length = mark.bodies;
    this.#characters = mark.characters;
    if (!this.#redactor.crowded) return;
    for (const step of steps) this.#finishStep(step);
    this.#redactor.forgetAfter(mark.secrets);
  }

  /**
   * Takes every known secret out of the result, whatever form it has there, and caps the bodies. The result is the
   * run's own and is changed in place; ids, times and what stands in the scenario file are left alone.
   */
  finish(run: RunResult): RunResult {
    for (const { body, cut } of this.#bodies) {
      const clean = this.#redactor.text(body.text);
      // The last bytes of a cut text may be the beginning of a secret.
      const text = cap(cut ? clean.slice(0, Math.max(0, clean.length - MARGIN_BYTES)) : clean);
      body.truncated ||= text.length < clean.length;
      body.text = text;
    }
    for (const attempt of run.attempts) {
      for (const step of attempt.steps) this.#finishStep(step);
      if (attempt.failure) this.#finishFailure(attempt.failure);
    }
    if (run.watcher_fault !== null) run.watcher_fault = this.#redactor.text(run.watcher_fault);
    this.#redactor.rest();
    return run;
  }

  #finishStep(step: StepResult): void {
    const redactor = this.#redactor;
    if (step.skipped_reason !== null) step.skipped_reason = redactor.text(step.skipped_reason);
    if (step.request) {
      step.request.url = redactor.text(step.request.url);
      step.request.headers = redactor.data(step.request.headers);
    }
    if (step.redirects.length > 0) step.redirects = redactor.data(step.redirects);
    if (step.response) step.response.headers = redactor.data(step.response.headers);
    for (const result of step.assertions) this.#finishAssertion(result);
    for (const result of step.warnings) this.#finishAssertion(result);
    step.captures = redactor.data(step.captures);
    step.error = redactor.data(step.error);
  }

  #finishAssertion(result: AssertionResult): void {
    const redactor = this.#redactor;
    result.subject = redactor.text(result.subject);
    result.expected = redactor.text(result.expected);
    result.actual = redactor.text(result.actual);
    result.message = redactor.text(result.message);
  }

  #finishFailure(failure: Failure): void {
    const redactor = this.#redactor;
    failure.message = redactor.text(failure.message);
    if (failure.expected !== null) failure.expected = redactor.text(failure.expected);
    if (failure.actual !== null) failure.actual = redactor.text(failure.actual);
    if (failure.request) failure.request = { ...failure.request, url: redactor.text(failure.request.url) };
  }

  #mask(text: string, find: (text: string) => Span[], decode: (value: string) => string): string {
    const spans = find(text);
    if (spans.length === 0) return text;
    let masked = '';
    let from = 0;
    for (const { start, end } of spans) {
      const value = decode(text.slice(start, end));
      if (value.length >= SHORTEST_TOKEN) this.#redactor.addWhileRoom(value);
      masked += text.slice(from, start) + REDACTED;
      from = end;
    }
    return masked + text.slice(from);
  }

  #rememberHeader(name: string, value: string): void {
    if (name === 'set-cookie' || name === 'cookie') {
      const pairs = value.split(';');
      // What follows the first pair of a Set-Cookie are its attributes.
      for (const pair of name === 'cookie' ? pairs : pairs.slice(0, 1)) this.#rememberCookie(pair);
      return;
    }
    const [scheme, credential] = /^(\S+)\s+(.+)$/.exec(value)?.slice(1) ?? ['', value];
    if (credential!.length >= SHORTEST_TOKEN) this.#redactor.addWhileRoom(credential!);
    if (scheme!.toLowerCase() !== 'basic') return;
    const password = Buffer.from(credential!, 'base64').toString().split(':').slice(1).join(':');
    if (password.length >= SHORTEST_TOKEN) this.#redactor.add(password);
  }

  #rememberCookie(pair: string): void {
    const value = pair.slice(pair.indexOf('=') + 1).trim();
    if (value.length >= SHORTEST_TOKEN) this.#redactor.addWhileRoom(value);
  }
}

/** Text in the charset of the content type, UTF-8 where it names none or an unknown one. Never fails. */
function decodeText(bytes: Buffer, contentType: string | null): string {
  const charset = contentType === null ? null : /charset="?([^\s;"]+)/i.exec(contentType)?.[1];
  if (!charset || /^utf-?8$/i.test(charset)) return bytes.toString('utf8');
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}

function cap(text: string): string {
  if (text.length * 3 <= CAP_BYTES || Buffer.byteLength(text) <= CAP_BYTES) return text;
  // A character cut in half reads as U+FFFD at the end.
  return Buffer.from(text)
    .subarray(0, CAP_BYTES)
    .toString('utf8')
    .replace(/\uFFFD$/, '');
}

function decodeJson(value: string): string {
  if (!value.includes('\\')) return value;
  try {
    return String(JSON.parse(`"${value}"`));
  } catch {
    return value;
  }
}

function decodeForm(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}
