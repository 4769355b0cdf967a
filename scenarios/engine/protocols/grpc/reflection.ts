import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { suggestion } from '../../../../core/document/index.ts';
import { noFiles } from '../../files.ts';
import type { ExchangeError } from '../../http/network-error.ts';
import { addressOf } from '../../http/target.ts';
import type { ProtocolContext } from '../protocol.ts';
import { type Channel, call } from './channel.ts';
import { readSchema } from './proto-files.ts';
import { type MessageType, Schema } from './schema.ts';
import { NOT_FOUND, statusName, UNIMPLEMENTED } from './status.ts';
import { wellKnownFile } from './well-known.ts';

/** Server reflection (grpc/doc/server-reflection.md), as far as it is needed here. */
const PROTO = `
syntax = "proto3";
message Request { oneof request { string file_by_filename = 3; string file_containing_symbol = 4; string list_services = 7; } }
message Response {
  oneof response { Files file_descriptor_response = 4; Services list_services_response = 6; Problem error_response = 7; }
}
message Files { repeated bytes file_descriptor_proto = 1; }
message Services { repeated Service service = 1; }
message Service { string name = 1; }
message Problem { int32 error_code = 1; string error_message = 2; }
`;

/** Newer servers may have left the older one out, and older ones do not know the newer. */
const VERSIONS = ['v1', 'v1alpha'];
const MOST_FILES = 1_000;

interface Answer {
  fileDescriptorResponse?: { fileDescriptorProto: string[] };
  listServicesResponse?: { service: { name: string }[] };
  errorResponse?: { errorCode: number; errorMessage: string };
}

type Asked<T> = { readonly value: T } | { readonly error: ExchangeError };

const MESSAGES = messages();

/** Asks a server for the descriptors of a service and of everything that they need. */
export async function reflect(service: string, channel: Channel, context: ProtocolContext): Promise<Asked<Schema>> {
  for (const version of VERSIONS) {
    const files = await filesOf(service, version, channel, context);
    if (files === 'unimplemented') continue;
    if ('error' in files) return files;
    try {
      return { value: new Schema(files.value.main, files.value.files) };
    } catch (error) {
      return { error: invalid(channel, (error as Error).message) };
    }
  }
  const message = `${addressOf(channel.target)} offers no server reflection`;
  return {
    error: {
      kind: 'network',
      code: 'NO_REFLECTION',
      message,
      hint: 'give the step a .proto file: proto: ./service.proto',
    },
  };
}

interface Described {
  main: string;
  files: Map<string, FileDescriptorProto>;
}

async function filesOf(
  service: string,
  version: string,
  channel: Channel,
  context: ProtocolContext,
): Promise<Asked<Described> | 'unimplemented'> {
  const files = new Map<string, FileDescriptorProto>();
  const first = await ask({ fileContainingSymbol: service }, version, channel, context);
  if (first === 'unimplemented' || 'error' in first) return first;
  const { errorResponse } = first.value;
  if (errorResponse) return { error: await unknownService(service, errorResponse, version, channel, context) };
  const failed = keep(first.value, files);
  if (failed) return { error: invalid(channel, failed) };
  const main = [...files.values()].find((file) =>
    file.service.some(({ name }) => fullName(file.package, name) === service),
  );
  if (!main) return { error: invalid(channel, `none of its files defines ${service}`) };

  for (let missing = missingIn(files); missing !== undefined; missing = missingIn(files)) {
    if (files.size > MOST_FILES) return { error: invalid(channel, `there are more than ${MOST_FILES} files`) };
    const next = await ask({ fileByFilename: missing }, version, channel, context);
    if (next === 'unimplemented' || 'error' in next) return next;
    const problem = keep(next.value, files);
    if (problem || !files.has(missing)) return { error: invalid(channel, problem ?? `${missing} is not there`) };
  }
  return { value: { main: main.name, files } };
}

async function ask(
  request: object,
  version: string,
  channel: Channel,
  context: ProtocolContext,
): Promise<Asked<Answer> | 'unimplemented'> {
  const encoded = MESSAGES.request.encode(request);
  if ('error' in encoded) return { error: invalid(channel, encoded.error) };
  const method = `grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const headers = { 'user-agent': context.userAgent };
  const called = await call(channel, { method, headers, messages: [encoded.value] }, context);
  if (called.error) return { error: called.error };
  if (called.status === UNIMPLEMENTED) return 'unimplemented';
  const [first] = called.messages;
  if (called.status !== 0 || !first) {
    const name = statusName(called.status ?? 0);
    return { error: invalid(channel, `${name} ${called.message}`.trim()) };
  }
  const decoded = MESSAGES.response.decode(first);
  return 'error' in decoded ? { error: invalid(channel, decoded.error) } : { value: decoded.value as Answer };
}

/** @returns what is wrong with the files */
function keep(
  { fileDescriptorResponse, errorResponse }: Answer,
  files: Map<string, FileDescriptorProto>,
): string | null {
  if (errorResponse) return errorResponse.errorMessage;
  try {
    for (const bytes of fileDescriptorResponse?.fileDescriptorProto ?? []) {
      const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(bytes, 'base64'));
      if (!files.has(file.name)) files.set(file.name, file);
    }
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function missingIn(files: ReadonlyMap<string, FileDescriptorProto>): string | undefined {
  for (const { dependency } of files.values()) {
    const missing = dependency.find((name) => !files.has(name) && !wellKnownFile(name));
    if (missing !== undefined) return missing;
  }
  return undefined;
}

async function unknownService(
  service: string,
  { errorCode, errorMessage }: NonNullable<Answer['errorResponse']>,
  version: string,
  channel: Channel,
  context: ProtocolContext,
): Promise<ExchangeError> {
  if (errorCode !== NOT_FOUND) return invalid(channel, errorMessage);
  const listed = await ask({ listServices: '*' }, version, channel, context);
  const names =
    listed === 'unimplemented' || 'error' in listed
      ? []
      : (listed.value.listServicesResponse?.service.map(({ name }) => name) ?? []);
  const message = `${addressOf(channel.target)} has no service ${JSON.stringify(service)}`;
  return { kind: 'network', code: 'UNKNOWN_METHOD', message, hint: suggestion(service, names) ?? null };
}

function invalid({ target }: Channel, why: string): ExchangeError {
  const message = `the server reflection of ${addressOf(target)} failed: ${why}`;
  return {
    kind: 'network',
    code: 'REFLECTION_FAILED',
    message,
    hint: 'a .proto file can be given instead: proto: ./service.proto',
  };
}

function fullName(packageName: string, name: string): string {
  return packageName === '' ? name : `${packageName}.${name}`;
}

function messages(): { request: MessageType; response: MessageType } {
  const read = readSchema('reflection.proto', [], { ...noFiles, text: () => ({ value: PROTO }) });
  if ('error' in read) throw new Error(read.error);
  return { request: read.value.message('Request')!, response: read.value.message('Response')! };
}
