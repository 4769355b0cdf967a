import Type from 'typebox';
import { parseDuration } from '../../../../core/units.ts';
import { CapturesSchema, checkCaptures, compileCaptures } from '../../../language/captures.ts';
import { checkExpectations, compileExpectations } from '../../../language/expectations.ts';
import type { Capture, Expectation } from '../../../language/model.ts';
import { closed, duration, text } from '../../../language/schema-words.ts';
import { type Template, template } from '../../../language/template.ts';
import { entriesOf, field, isMapping, listOf } from '../../../language/written.ts';
import type { SpecProblem } from '../../assertions/assertion.ts';
import type { Files } from '../../files.ts';
import type { WrittenFields } from '../protocol.ts';

export interface WebSocketSpec {
  /** Relative to base_url, or absolute with ws, wss, http or https. */
  readonly url: Template;
  /** Path as written, without query. */
  readonly route: string;
  readonly headers: readonly { readonly name: string; readonly value: Template }[];
  readonly subprotocol: Template | null;
  /** What is said, in turns. */
  readonly messages: readonly Turn[];
}

export type Turn =
  | { readonly kind: 'send'; readonly message: Template /** Else it is sent as it is. */; readonly json: boolean }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'receive';
      readonly expect: readonly Expectation[];
      /** null: as long as the step may take. */
      readonly withinMs: number | null;
      readonly capture: readonly Capture[];
    }
  | { readonly kind: 'close'; readonly code: number };

const TURNS = ['send', 'binary', 'receive', 'close'];
const TURN_KEYS = [...TURNS, 'within', 'capture'];
const BASE64 = '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$';
const TURN_WORDS = 'one of { send: … }, { receive: … }, { binary: … } and close';

const TurnSchema = Type.Unsafe({
  anyOf: [
    Type.Literal('close'),
    Type.Object(
      {
        send: Type.Optional(
          Type.Unknown({
            description: 'A text, or anything else, which is sent as JSON.',
            examples: [{ type: 'subscribe', channel: 'posts' }],
          }),
        ),
        binary: Type.Optional(
          Type.String({
            pattern: BASE64,
            'x-expected': 'bytes in base64',
            description: 'Bytes in base64, sent as one binary message.',
            examples: ['AAEC'],
          }),
        ),
        receive: Type.Optional(
          // Not a union: its errors would hide what is wrong with an assertion.
          Type.Unsafe({
            if: { type: 'string' },
            // biome-ignore lint/suspicious/noThenProperty: it is the keyword of JSON Schema
            then: { const: 'any' },
            else: { $ref: '#/$defs/assertions' },
            description:
              'Waits for a message of which all of this holds; others are passed over. `any` takes the next one.',
            examples: [{ jsonpath: { '$.type': 'ready' } }],
          }),
        ),
        within: Type.Optional(
          duration('How long a message is waited for; as long as the step may take when absent.', '2s'),
        ),
        capture: Type.Optional(CapturesSchema),
        close: Type.Optional(
          Type.Integer({
            minimum: 1000,
            maximum: 4999,
            description: 'Closes with this code (RFC 6455 §7.4); `close` alone means 1000.',
            examples: [1000],
          }),
        ),
      },
      closed,
    ),
  ],
  'x-expected': TURN_WORDS,
});

export const keys = {
  websocket: Type.Object(
    {
      url: text('Path joined to base_url, or a whole ws:// or wss:// URL.', '/ws'),
      headers: Type.Optional(
        Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
          'x-expected': 'a mapping from names to values',
          description: 'Headers of the handshake.',
          examples: [{ authorization: 'Bearer {{ token }}' }],
        }),
      ),
      subprotocol: Type.Optional(text('Subprotocol that the server has to agree to.', 'graphql-transport-ws')),
      messages: Type.Optional(
        Type.Array(TurnSchema, {
          maxItems: 1_000,
          description: 'What is sent and waited for, in this order.',
          examples: [[{ send: 'ping' }, { receive: { body: 'pong' }, within: '2s' }, 'close']],
        }),
      ),
    },
    {
      ...closed,
      'x-expected': 'a mapping such as { url: /ws, messages: [...] }',
      description: 'A conversation over WebSocket (RFC 6455). The body is the list of the messages that came.',
      examples: [{ url: '/ws', messages: [{ send: 'ping' }, { receive: { body: 'pong' }, within: '2s' }] }],
    },
  ),
};

/** Of the handshake and of tracing: what a scenario wrote there would be refused or replaced. */
const OWN_HEADER = /^(?:connection|upgrade|host|traceparent|content-length|transfer-encoding|sec-websocket-.*)$/i;

export function check({ websocket }: WrittenFields, files: Files): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const url = field(websocket, 'url');
  if (typeof url === 'string' && url !== '' && !/^(?:\/|wss?:\/\/|https?:\/\/|\{\{)/.test(url)) {
    const hint = 'begin with / (joined to base_url) or with ws:// or wss://';
    problems.push({ path: ['websocket', 'url'], part: 'value', message: `"${url.slice(0, 80)}" is no path`, hint });
  }
  for (const [name] of entriesOf(field(websocket, 'headers'))) {
    const at = { path: ['websocket', 'headers', name], part: 'key' as const };
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) problems.push({ ...at, message: `"${name}" is no header name` });
    else if (OWN_HEADER.test(name)) {
      const hint = /subprotocol|sec-websocket-protocol/i.test(name) ? 'write subprotocol' : 'remove it';
      problems.push({ ...at, message: `"${name}" is set by ringdown itself`, hint });
    }
  }
  for (const [index, turn] of listOf(field(websocket, 'messages')).entries()) {
    const under = ['websocket', 'messages', index];
    for (const problem of turnProblems(turn, files)) problems.push({ ...problem, path: [...under, ...problem.path] });
  }
  return problems;
}

function turnProblems(turn: unknown, files: Files): SpecProblem[] {
  if (!isMapping(turn)) return [];
  const chosen = TURNS.filter((key) => Object.hasOwn(turn, key));
  // A key that nobody knows has been told already, and is most likely what is missing here.
  if (chosen.length === 0 && Object.keys(turn).some((key) => !TURN_KEYS.includes(key))) return [];
  if (chosen.length !== 1) {
    const found = chosen.length === 0 ? 'none' : chosen.join(' and ');
    return [{ path: [], part: 'key', message: `a message is one thing, found ${found}`, hint: TURN_WORDS }];
  }
  const problems: SpecProblem[] = [];
  for (const key of ['within', 'capture']) {
    if (chosen[0] === 'receive' || !Object.hasOwn(turn, key)) continue;
    problems.push({ path: [key], part: 'key', message: `"${key}" belongs to "receive"`, hint: 'remove it' });
  }
  const nested = (key: string, found: SpecProblem[]) => {
    for (const problem of found) problems.push({ ...problem, path: [key, ...problem.path] });
  };
  nested('receive', checkExpectations(turn.receive, files));
  nested('capture', checkCaptures(turn.capture));
  const { close } = turn;
  if (typeof close === 'number' && close !== 1000 && close < 3000) {
    problems.push({
      path: ['close'],
      part: 'value',
      message: `a client cannot close with ${close}`,
      hint: '1000, or 3000 to 4999',
    });
  }
  return problems;
}

export function captured({ websocket }: WrittenFields) {
  return listOf(field(websocket, 'messages')).flatMap((turn, index) =>
    entriesOf(field(turn, 'capture')).map(([name]) => ({
      name,
      path: ['websocket', 'messages', index, 'capture', name],
    })),
  );
}

export function compile({ websocket }: WrittenFields, files: Files): WebSocketSpec {
  const { url, subprotocol } = websocket as { url: string; subprotocol?: string };
  return {
    url: template(url, 'url'),
    route: routeOf(url),
    headers: entriesOf(field(websocket, 'headers')).map(([name, value]) => ({
      name: name.toLowerCase(),
      value: template(String(value), 'header'),
    })),
    subprotocol: subprotocol === undefined ? null : template(subprotocol, 'header'),
    messages: listOf(field(websocket, 'messages')).map((turn) => compileTurn(turn, files)),
  };
}

function compileTurn(turn: unknown, files: Files): Turn {
  if (!isMapping(turn)) return { kind: 'close', code: 1000 };
  if (Object.hasOwn(turn, 'send')) {
    return { kind: 'send', message: template(turn.send), json: typeof turn.send !== 'string' };
  }
  if (typeof turn.binary === 'string') return { kind: 'binary', bytes: Buffer.from(turn.binary, 'base64') };
  if (typeof turn.close === 'number') return { kind: 'close', code: turn.close };
  return {
    kind: 'receive',
    expect: compileExpectations(turn.receive, files),
    withinMs: typeof turn.within === 'string' ? parseDuration(turn.within)! : null,
    capture: compileCaptures(turn.capture),
  };
}

/** The path as written: no origin, no query. */
function routeOf(url: string): string {
  const path = url.replace(/^(?:wss?|https?):\/\/[^/?]+/, '');
  const query = path.replace(/\{\{.*?\}\}/g, (one) => '\0'.repeat(one.length)).indexOf('?');
  return (query < 0 ? path : path.slice(0, query)) || '/';
}
