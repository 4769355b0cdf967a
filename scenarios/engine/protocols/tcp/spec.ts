import Type from 'typebox';
import { closed, text } from '../../../language/schema-words.ts';
import { type Template, template } from '../../../language/template.ts';
import { field, isMapping } from '../../../language/written.ts';
import type { SpecProblem } from '../../assertions/assertion.ts';
import { checkAddress } from '../address.ts';
import type { WrittenFields } from '../protocol.ts';

export interface TcpSpec {
  readonly address: Template;
  readonly written: string;
  /** Speak TLS from the first byte on. */
  readonly tls: boolean;
  readonly send:
    | { readonly kind: 'text'; readonly text: Template }
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    | null;
  /** null: that it connects and can be sent to is enough. */
  readonly receive: Wanted | null;
}

/** How much of an answer is waited for; what comes after it is left. */
export type Wanted =
  | { readonly kind: 'until'; readonly text: string }
  | { readonly kind: 'bytes'; readonly count: number }
  | { readonly kind: 'close' };

const BASE64 = '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$';

export const keys = {
  tcp: Type.Object(
    {
      address: text('Host and port.', 'redis:6379'),
      tls: Type.Optional(Type.Boolean({ description: 'Speak TLS from the first byte on.', examples: [true] })),
      send: Type.Optional(
        Type.Union(
          [
            Type.String({ minLength: 1 }),
            Type.Object(
              {
                base64: Type.String({
                  minLength: 1,
                  pattern: BASE64,
                  'x-expected': 'bytes in base64',
                  description: 'Bytes in base64.',
                  examples: ['UElORw0K'],
                }),
              },
              closed,
            ),
          ],
          {
            'x-expected': 'a text such as "PING\\r\\n", or { base64: … }',
            description: 'What is sent once connected; `\\r\\n` is a line end in double quotes.',
            examples: ['PING\r\n'],
          },
        ),
      ),
      receive: Type.Optional(
        Type.Object(
          {
            until: Type.Optional(text('This text, which belongs to the answer.', '\r\n', { maxLength: 1_000 })),
            bytes: Type.Optional(
              Type.Integer({ minimum: 1, maximum: 2 ** 30, description: 'So many bytes.', examples: [16] }),
            ),
            close: Type.Optional(
              Type.Literal(true, { description: 'Until the other side closes the connection.', examples: [true] }),
            ),
          },
          {
            ...closed,
            minProperties: 1,
            maxProperties: 1,
            'x-expected': 'one of { until: "\\r\\n" }, { bytes: 16 } and { close: true }',
            description: 'How much of an answer is waited for. Without it, nothing is.',
            examples: [{ until: '\r\n' }],
          },
        ),
      ),
    },
    {
      ...closed,
      'x-expected': 'a mapping such as { address: "redis:6379" }',
      description: 'Connects to a TCP port, sends, and receives until something comes.',
      examples: [{ address: 'redis:6379', send: 'PING\r\n', receive: { until: '\r\n' } }],
    },
  ),
};

export function check({ tcp }: WrittenFields): SpecProblem[] {
  return checkAddress(field(tcp, 'address'), ['tcp', 'address'], 6379);
}

export function compile({ tcp }: WrittenFields): TcpSpec {
  const { address, tls, send, receive } = tcp as {
    address: string;
    tls?: boolean;
    send?: string | { base64: string };
    receive?: { until?: string; bytes?: number };
  };
  return {
    address: template(address),
    written: address,
    tls: tls ?? false,
    send: sent(send),
    receive: receive === undefined ? null : wanted(receive),
  };
}

function sent(send: string | { base64: string } | undefined): TcpSpec['send'] {
  if (send === undefined) return null;
  return isMapping(send)
    ? { kind: 'bytes', bytes: Buffer.from(send.base64, 'base64') }
    : { kind: 'text', text: template(send) };
}

function wanted({ until, bytes }: { until?: string; bytes?: number }): Wanted {
  if (until !== undefined) return { kind: 'until', text: until };
  return bytes === undefined ? { kind: 'close' } : { kind: 'bytes', count: bytes };
}
