import type { Turn, WebSocketSpec } from '../engine/protocols/websocket/spec.ts';
import type { Expectation } from '../language/model.ts';
import { captureCode, checkEntries, checksOf } from './assertion-code.ts';
import { type Code, call, list, literal, mapping, prefixed, quoted } from './code.ts';
import { textCode, valueCode } from './expression.ts';
import { Refused } from './refusal.ts';

/** What can be asked of one message. */
const OF_MESSAGES = ['jsonpath', 'body', 'regex'];

/** The arguments of `converse`. @throws Refused */
export function websocketCode(
  { url, route, headers, subprotocol, messages }: WebSocketSpec,
  timeoutMs: number | null,
): Code[] {
  const options: [string, Code][] = [
    ...(url.kind === 'constant' ? [] : ([['name', quoted(`WS ${route}`)]] as [string, Code][])),
    ...(headers.length === 0
      ? []
      : ([['headers', mapping(headers.map(({ name, value }) => [name, textCode(value)]))]] as [string, Code][])),
    ...(subprotocol ? ([['subprotocol', textCode(subprotocol)]] as [string, Code][]) : []),
    ...(timeoutMs === null ? [] : ([['timeout', literal(timeoutMs)]] as [string, Code][])),
  ];
  return [textCode(url), mapping(options), list(messages.map(turnCode))];
}

function turnCode(turn: Turn): Code {
  switch (turn.kind) {
    case 'send': {
      const { message, json } = turn;
      return mapping([['send', prefixed('() => ', json ? call('asJson', valueCode(message)) : textCode(message))]]);
    }
    case 'binary':
      return mapping([['binary', quoted(Buffer.from(turn.bytes).toString('base64'))]]);
    case 'close':
      return mapping([['close', literal(turn.code)]]);
    case 'receive': {
      const { expect, withinMs, capture } = turn;
      const asked = [...expect.map(({ kind }) => kind), ...capture.map(({ from }) => from.kind)];
      const odd = asked.find((kind) => !OF_MESSAGES.includes(kind));
      if (odd) throw new Refused(`${odd} of a message`, `it can judge ${OF_MESSAGES.join(', ')}`);
      const captures = capture.map((one) => [one.name, prefixed('() => ', captureCode(one))] as const);
      return mapping([
        ['receive', prefixed('(answer) => (', withEnd(receiveChecks(expect)))],
        ...(withinMs === null ? [] : ([['within', literal(withinMs)]] as const)),
        ...(capture.length === 0
          ? []
          : ([['capture', prefixed('(answer) => (', withEnd(mapping(captures)))]] as const)),
      ]);
    }
  }
}

function receiveChecks(expect: readonly Expectation[]): Code {
  return mapping(checkEntries(checksOf(expect)));
}

function withEnd(code: Code): Code {
  return typeof code === 'string' ? `${code})` : { ...code, after: ')' };
}
