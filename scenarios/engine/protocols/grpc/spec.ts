import Type from 'typebox';
import { closed, text } from '../../../language/schema-words.ts';
import { type Template, template } from '../../../language/template.ts';
import { entriesOf, field, isMapping, listOf } from '../../../language/written.ts';
import type { SpecProblem } from '../../assertions/assertion.ts';
import type { Files } from '../../files.ts';
import { parseTarget } from '../../http/target.ts';
import type { WrittenFields } from '../protocol.ts';
import { readSchema } from './proto-files.ts';
import type { Schema } from './schema.ts';

export interface GrpcSpec {
  /** `grpc://host:port` or `grpcs://host:port`. */
  readonly url: Template;
  /** `package.Service/Method` */
  readonly method: string;
  /** Renders to the JSON form of the message. */
  readonly message: Template;
  /** Names in lower case. */
  readonly metadata: readonly { readonly name: string; readonly value: Template }[];
  /** null: the server is asked by reflection. */
  readonly schema: Schema | null;
}

const METHOD = '^(?:[A-Za-z_][A-Za-z0-9_]*\\.)*[A-Za-z_][A-Za-z0-9_]*/[A-Za-z_][A-Za-z0-9_]*$';
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** Of the connection and of tracing: what a scenario wrote there would be refused or replaced. */
const OWN_METADATA = new Set(['te', 'content-type', 'user-agent', 'traceparent', 'host', 'connection']);

export const keys = {
  grpc: Type.Object(
    {
      url: text('Server: grpc:// without TLS, grpcs:// with it.', 'grpc://127.0.0.1:50051'),
      method: text('Package, service and method.', 'helloworld.Greeter/SayHello', {
        pattern: METHOD,
        'x-expected': 'package.Service/Method',
      }),
      message: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          'x-expected': 'a mapping from fields to values',
          description: 'The request in its JSON form (ProtoJSON); empty when absent.',
          examples: [{ name: 'Kim' }],
        }),
      ),
      metadata: Type.Optional(
        Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
          'x-expected': 'a mapping from names to values',
          description: 'Metadata of the call; the value of a name that ends in -bin is written in base64.',
          examples: [{ authorization: 'Bearer {{ token }}' }],
        }),
      ),
      proto: Type.Optional(
        text(
          'The .proto file that defines the service; without it the server is asked by reflection.',
          './hello.proto',
        ),
      ),
      proto_paths: Type.Optional(
        Type.Array(text('A folder.', './protos'), {
          maxItems: 20,
          description:
            'Folders that imports of .proto files are looked for in; the folder of the file itself always is one.',
          examples: [['./protos']],
        }),
      ),
    },
    {
      ...closed,
      'x-expected': 'a mapping such as { url: grpc://host:50051, method: package.Service/Method }',
      description:
        'Calls a gRPC method, unary or server streaming. The body is the answer as JSON, or the list of the streamed ones; the status is gRPC’s, by number or name.',
      examples: [{ url: 'grpc://127.0.0.1:50051', method: 'helloworld.Greeter/SayHello', message: { name: 'Kim' } }],
    },
  ),
};

export function check({ grpc }: WrittenFields, files: Files): SpecProblem[] {
  return [
    ...urlProblems(field(grpc, 'url')),
    ...metadataProblems(field(grpc, 'metadata')),
    ...protoProblems(grpc, files),
  ];
}

export function compile({ grpc }: WrittenFields, files: Files): GrpcSpec {
  const { url, method, message = {} } = grpc as { url: string; method: string; message?: unknown };
  const read = schemaOf(grpc, files);
  return {
    url: template(url),
    method,
    message: template(message),
    metadata: entriesOf(field(grpc, 'metadata')).map(([name, value]) => ({
      name: name.toLowerCase(),
      value: template(String(value), 'header'),
    })),
    schema: read && 'value' in read ? read.value : null,
  };
}

/** What a step's url means; null where it is none. */
export function grpcTarget(url: string) {
  const target = /^grpcs?:\/\//.test(url) ? parseTarget(url) : null;
  return target && { ...target, secure: url.startsWith('grpcs:') };
}

function urlProblems(url: unknown): SpecProblem[] {
  if (typeof url !== 'string' || url === '' || url.includes('{{') || grpcTarget(url)) return [];
  const hint = 'for example: grpc://127.0.0.1:50051, or grpcs:// for TLS';
  return [{ path: ['grpc', 'url'], part: 'value', message: `"${url.slice(0, 80)}" is no gRPC server`, hint }];
}

function metadataProblems(metadata: unknown): SpecProblem[] {
  return entriesOf(metadata).flatMap(([name, value]): SpecProblem[] => {
    const at = { path: ['grpc', 'metadata', name] };
    if (!/^[0-9a-z_.-]+$/i.test(name))
      return [{ ...at, part: 'key', message: `"${name}" is no name of metadata`, hint: 'letters, digits and - _ .' }];
    const lower = name.toLowerCase();
    if (OWN_METADATA.has(lower) || lower.startsWith('grpc-'))
      return [{ ...at, part: 'key', message: `"${name}" is set by ringdown itself`, hint: 'remove it' }];
    const literal = typeof value === 'string' && !value.includes('{{');
    if (literal && lower.endsWith('-bin') && !BASE64.test(value))
      return [
        {
          ...at,
          part: 'value',
          message: `${name} is not written in base64`,
          hint: 'metadata that ends in -bin is bytes',
        },
      ];
    if (literal && /[^\x20-\x7e]/.test(value))
      return [
        {
          ...at,
          part: 'value',
          message: `${name} contains a character that metadata cannot carry`,
          hint: 'ASCII only; bytes go under a name that ends in -bin',
        },
      ];
    return [];
  });
}

function protoProblems(grpc: unknown, files: Files): SpecProblem[] {
  const proto = field(grpc, 'proto');
  const read = schemaOf(grpc, files);
  if (!read) {
    if (proto !== undefined || field(grpc, 'proto_paths') === undefined) return [];
    const message = '"proto_paths" means nothing without "proto"';
    return [{ path: ['grpc', 'proto_paths'], part: 'key', message, hint: 'remove it' }];
  }
  if ('error' in read) return [{ path: ['grpc', 'proto'], part: 'value', message: read.error }];
  const written = field(grpc, 'method');
  if (typeof written !== 'string' || !new RegExp(METHOD).test(written)) return [];
  const method = read.value.method(written);
  if ('error' in method) {
    const { error: message, hint } = method;
    return [{ path: ['grpc', 'method'], part: 'value', message, ...(hint ? { hint } : {}) }];
  }
  const message = field(grpc, 'message') ?? {};
  if (!isMapping(message) || JSON.stringify(message).includes('{{')) return [];
  const encoded = method.value.input.encode(message);
  return 'error' in encoded ? [{ path: ['grpc', 'message'], part: 'value', message: encoded.error }] : [];
}

function schemaOf(grpc: unknown, files: Files): { value: Schema } | { error: string } | null {
  const proto = field(grpc, 'proto');
  if (typeof proto !== 'string' || proto === '') return null;
  const paths = listOf(field(grpc, 'proto_paths')).filter((path) => typeof path === 'string');
  return readSchema(proto, paths, files);
}
