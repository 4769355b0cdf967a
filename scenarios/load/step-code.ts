import type { GraphqlSpec } from '../engine/protocols/graphql/spec.ts';
import type { GrpcSpec } from '../engine/protocols/grpc/spec.ts';
import type { HttpSpec } from '../engine/protocols/http/spec.ts';
import type { WebSocketSpec } from '../engine/protocols/websocket/spec.ts';
import type { ActionStep, Decision, Expectation } from '../language/model.ts';
import { type Check, captureCode, checkEntries, checksOf } from './assertion-code.ts';
import { type Code, call, flat, inComment, literal, mapping, prefixed, print } from './code.ts';
import { conditionCode } from './condition-code.ts';
import { valueCode } from './expression.ts';
import { graphqlChecks, graphqlCode } from './graphql-code.ts';
import { grpcCode } from './grpc-code.ts';
import { identityCode, requestCode } from './http-code.ts';
import { refuseUnfit } from './kinds.ts';
import { Refused } from './refusal.ts';
import type { ScriptFiles } from './script-files.ts';
import { websocketCode } from './websocket-code.ts';

/** A step as a function of its own. @throws Refused */
export function stepFunction(step: ActionStep, name: string, files: ScriptFiles): string {
  const lines = step.kind === 'pause' ? pauseLines(step) : requestLines(step, files);
  if (step.if) lines.unshift(`onlyIf(() => ${flat(decisionCode(step.if))});`);
  return wrap(step, name, lines);
}

/** A step of a parallel group: what to ask, and what to do with the answer. @throws Refused */
export function parallelFunction(step: ActionStep, name: string, files: ScriptFiles): string {
  if (step.repeat) throw new Refused('repeat in a parallel group');
  if (step.kind === 'grpc' || step.kind === 'websocket')
    throw new Refused(`a step of the kind ${step.kind} in a parallel group`, 'let it stand by itself');
  const request = asked('prepare', step, step.timeoutMs, files);
  const judging = judgingLines(step);
  const lines = [
    ...(step.if ? [`onlyIf(() => ${flat(decisionCode(step.if))});`] : []),
    `const request = ${print(request, 2, 18)};`,
    judging.length > 0
      ? `return [request, (answer) => {\n${judging.map((line) => `    ${line.replace(/\n/g, '\n  ')}\n`).join('')}  }];`
      : 'return [request, () => {}];',
  ];
  return wrap(step, name, lines);
}

/** Whether a step is to run, as an expression. */
export function decisionCode({ value, condition }: Decision): Code {
  const code = valueCode(value);
  const found = flat(code).includes('use(') ? call('found', prefixed('() => ', code)) : code;
  return call('holds', flat(found), conditionCode(condition));
}

function wrap(step: ActionStep, name: string, lines: readonly string[]): string {
  return `/** ${inComment(step.name)} */\nfunction ${name}() {\n${lines.map((line) => `  ${line}\n`).join('')}}`;
}

/** The call that asks. @param name of the function for HTTP */
function asked(name: 'send' | 'prepare', step: ActionStep, timeoutMs: number | null, files: ScriptFiles): Code {
  const { kind, spec } = step;
  refuseUnfit(step);
  switch (kind) {
    case 'http':
      return httpCall(name, step, timeoutMs, files);
    case 'graphql':
      return call(name, ...graphqlCode(spec as GraphqlSpec, timeoutMs));
    case 'grpc':
      return call('invoke', ...grpcCode(spec as GrpcSpec, timeoutMs, files.protoSets));
    case 'websocket':
      return call('converse', ...websocketCode(spec as WebSocketSpec, timeoutMs));
  }
  throw new Refused(`a step of the kind ${kind}`, 'it can do request, graphql, grpc, websocket and pause');
}

function httpCall(name: 'send' | 'prepare', step: ActionStep, timeoutMs: number | null, files: ScriptFiles): Code {
  const spec = step.spec as HttpSpec;
  const request = requestCode(spec, { timeoutMs, bytes: asksForBytes(step) }, files);
  const identity = identityCode(spec.auth);
  if (!identity) return call(name, ...request);
  if (name === 'prepare')
    throw new Refused(`auth: ${spec.auth!.kind} in a parallel group`, 'let the step stand by itself');
  if (spec.maxRedirects > 0)
    throw new Refused(`max_redirects with auth: ${spec.auth!.kind}`, 'ask for the last address');
  return call('sendAs', flat(identity), ...request);
}

/** Whether the body has to be counted as it came: a text of it would have other bytes where they are no UTF-8. */
function asksForBytes({ expect, warn, repeat, capture }: ActionStep): boolean {
  const sources = capture.map(({ from }) => from);
  return [...expect, ...warn, ...(repeat?.until ?? []), ...sources].some(
    ({ kind }) => kind === 'bytes' || kind === 'sha256',
  );
}

function pauseLines({ spec, expect, warn, repeat, timeoutMs }: ActionStep): string[] {
  if (expect.length + warn.length > 0 || repeat) throw new Refused('more than waiting in a pause');
  const { lengthMs } = spec as { lengthMs: number };
  if (timeoutMs !== null && timeoutMs < lengthMs) throw new Refused('a pause that is longer than its timeout');
  return [`pause(${lengthMs});`];
}

function requestLines(step: ActionStep, files: ScriptFiles): string[] {
  const judging = judgingLines(step);
  const request = asked('send', step, step.repeat ? null : step.timeoutMs, files);
  if (!step.repeat) {
    const used = judging.length > 0 ? 'const answer = ' : '';
    return [`${used}${print(request, 2, 2 + used.length)};`, ...judging];
  }
  const { everyMs, atMost, until } = step.repeat;
  const timeout = step.timeoutMs === null ? {} : { timeout: step.timeoutMs };
  const pace = literal({ every: everyMs, atMost, ...timeout });
  const code = call(
    'repeat',
    pace,
    prefixed('() => ', request),
    prefixed('(answer) => (', withEnd(checks(until), ')')),
  );
  return [`const answer = ${print(code, 2, 17)};`, ...judging];
}

function judgingLines(step: ActionStep): string[] {
  const lines: string[] = [];
  const own = step.kind === 'graphql' ? graphqlChecks(step.spec as GraphqlSpec) : [];
  if (own.length + step.expect.length > 0) lines.push(statement('expect', checks(step.expect, own)));
  if (step.warn.length > 0) lines.push(statement('warn', checks(step.warn)));
  if (step.capture.length > 0) {
    const sources = step.capture.map((capture) => [capture.name, prefixed('() => ', captureCode(capture))] as const);
    lines.push(statement('capture', mapping(sources)));
  }
  return lines;
}

function checks(expectations: readonly Expectation[], own: readonly Check[] = []): Code {
  return mapping(checkEntries([...own, ...checksOf(expectations)]));
}

function statement(name: string, argument: Code): string {
  return `${print(call(name, argument), 2)};`;
}

/** Code with something behind it; only worth it on one line or inside a call. */
function withEnd(code: Code, end: string): Code {
  return typeof code === 'string' ? code + end : { ...code, after: end };
}
