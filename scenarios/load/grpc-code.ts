import type { GrpcSpec } from '../engine/protocols/grpc/spec.ts';
import { type Code, literal, mapping, quoted } from './code.ts';
import { textCode, valueCode, written } from './expression.ts';
import type { ProtoSets } from './proto-sets.ts';
import { Refused } from './refusal.ts';

/** The arguments of `invoke`. @throws Refused */
export function grpcCode(
  { url, method, message, metadata, schema }: GrpcSpec,
  timeoutMs: number | null,
  protoSets: ProtoSets,
): Code[] {
  const found = schema?.method(method);
  if (found && 'value' in found && found.value.serverStreaming)
    throw new Refused('a method that streams its answers', 'it can call unary methods');
  const fields: [string, Code][] = [];
  if (JSON.stringify(written(message)) !== '{}') fields.push(['message', valueCode(message)]);
  if (metadata.length > 0)
    fields.push(['metadata', mapping(metadata.map(({ name, value }) => [name, textCode(value)]))]);
  if (timeoutMs !== null) fields.push(['timeout', literal(timeoutMs)]);
  return [schema ? protoSets.clientOf(schema) : 'null', textCode(url), quoted(method), mapping(fields)];
}
