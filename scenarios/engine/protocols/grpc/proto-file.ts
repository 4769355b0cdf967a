import { create } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Type as FieldType,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  type ServiceDescriptorProto,
  ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import protobuf from 'protobufjs';

/** A `.proto` file as it was read, before its names are looked up. */
export interface ProtoFile {
  readonly name: string;
  readonly syntax: 'proto2' | 'proto3';
  readonly package: string;
  readonly imports: readonly string[];
  readonly root: protobuf.Root;
}

/** Reads the text of a `.proto` file (proto2 and proto3); the error has the line in it. */
export function readProto(name: string, text: string): { value: ProtoFile } | { error: string } {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
  if (/^\s*edition\s*=/m.test(code))
    return { error: `${name}: editions are not read here; leave "proto" out and use server reflection` };
  const syntax = /^\s*syntax\s*=\s*["']proto3["']/m.test(code) ? 'proto3' : 'proto2';
  try {
    const root = new protobuf.Root();
    const parsed = protobuf.parse(text, root, { keepCase: true });
    const imports = [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])];
    return { value: { name, syntax, package: parsed.package ?? '', imports, root } };
  } catch (error) {
    const { message } = error as Error;
    const line = / \(line (\d+)\)$/.exec(message);
    return { error: line ? `${name}:${line[1]}: ${message.slice(0, line.index)}` : `${name}: ${message}` };
  }
}

/** The descriptor of a file (google/protobuf/descriptor.proto), names of types as they are written. */
export function descriptorOf(file: ProtoFile): FileDescriptorProto {
  const top = file.package === '' ? file.root : (file.root.lookup(file.package) as protobuf.NamespaceBase | null);
  const own = top?.nestedArray ?? [];
  return create(FileDescriptorProtoSchema, {
    name: file.name,
    package: file.package,
    syntax: file.syntax,
    dependency: [...new Set(file.imports)],
    messageType: own.filter((one) => one instanceof protobuf.Type).map(describeMessage),
    enumType: own.filter((one) => one instanceof protobuf.Enum).map(describeEnum),
    service: own.filter((one) => one instanceof protobuf.Service).map(describeService),
  });
}

const SCALARS: Record<string, FieldType> = {
  double: FieldType.DOUBLE,
  float: FieldType.FLOAT,
  int64: FieldType.INT64,
  uint64: FieldType.UINT64,
  int32: FieldType.INT32,
  fixed64: FieldType.FIXED64,
  fixed32: FieldType.FIXED32,
  bool: FieldType.BOOL,
  string: FieldType.STRING,
  bytes: FieldType.BYTES,
  uint32: FieldType.UINT32,
  sfixed32: FieldType.SFIXED32,
  sfixed64: FieldType.SFIXED64,
  sint32: FieldType.SINT32,
  sint64: FieldType.SINT64,
};

function describeMessage(type: protobuf.Type): DescriptorProto {
  // The parser keeps extensions of other messages among the fields, by a name with a dot in front.
  const fields = type.fieldsArray.filter(({ name }) => !name.startsWith('.'));
  const maps = fields.filter((field) => field instanceof protobuf.MapField);
  // The oneofs that stand for `optional` come last (descriptor.proto, proto3_optional).
  const oneofs = [...type.oneofsArray].sort((a, b) => Number(isSynthetic(a)) - Number(isSynthetic(b)));
  const nested = type.nestedArray.filter((one) => one instanceof protobuf.Type);
  return create(DescriptorProtoSchema, {
    name: type.name,
    field: fields.map((field) => describeField(field, oneofs)),
    nestedType: [...nested.map(describeMessage), ...maps.map(describeEntry)],
    enumType: type.nestedArray.filter((one) => one instanceof protobuf.Enum).map(describeEnum),
    oneofDecl: oneofs.map(({ name }) => ({ name })),
  });
}

function describeService(service: protobuf.Service): ServiceDescriptorProto {
  return create(ServiceDescriptorProtoSchema, {
    name: service.name,
    method: service.methodsArray.map((method) => ({
      name: method.name,
      inputType: method.requestType,
      outputType: method.responseType,
      clientStreaming: method.requestStream ?? false,
      serverStreaming: method.responseStream ?? false,
    })),
  });
}

function describeField(
  field: protobuf.Field & { rule?: string },
  oneofs: readonly protobuf.OneOf[],
): FieldDescriptorProto {
  const isMap = field instanceof protobuf.MapField;
  const { packed, json_name: jsonName, default: preset, proto3_optional: optional } = (field.options ?? {}) as Options;
  const repeated = isMap || field.rule === 'repeated';
  return create(FieldDescriptorProtoSchema, {
    name: field.name,
    number: field.id,
    label: repeated ? Label.REPEATED : field.rule === 'required' ? Label.REQUIRED : Label.OPTIONAL,
    ...typed(isMap ? entryName(field.name) : field.type),
    ...(jsonName === undefined ? {} : { jsonName: String(jsonName) }),
    ...(preset === undefined ? {} : { defaultValue: String(preset) }),
    ...(field.partOf ? { oneofIndex: oneofs.indexOf(field.partOf) } : {}),
    ...(optional ? { proto3Optional: true } : {}),
    ...(packed === undefined ? {} : { options: { packed: Boolean(packed) } }),
  });
}

/** A map is a list of entries (descriptor.proto, map_entry). */
function describeEntry(field: protobuf.MapField): DescriptorProto {
  return create(DescriptorProtoSchema, {
    name: entryName(field.name),
    field: [
      { name: 'key', number: 1, label: Label.OPTIONAL, ...typed(field.keyType) },
      { name: 'value', number: 2, label: Label.OPTIONAL, ...typed(field.type) },
    ],
    options: { mapEntry: true },
  });
}

function typed(written: string): { type: FieldType } | { typeName: string } {
  const scalar = Object.hasOwn(SCALARS, written) ? SCALARS[written] : undefined;
  return scalar === undefined ? { typeName: written } : { type: scalar };
}

interface Options {
  packed?: unknown;
  json_name?: unknown;
  default?: unknown;
  proto3_optional?: unknown;
}

function describeEnum(one: protobuf.Enum): EnumDescriptorProto {
  return create(EnumDescriptorProtoSchema, {
    name: one.name,
    value: Object.entries(one.values).map(([name, number]) => ({ name, number })),
    options: { allowAlias: one.options?.allow_alias === true },
  });
}

function isSynthetic(oneof: protobuf.OneOf): boolean {
  return oneof.fieldsArray.some((field) => field.options?.proto3_optional === true);
}

/** As protoc makes it: `labels_by_id` is kept in a LabelsByIdEntry. */
function entryName(field: string): string {
  return `${field.replace(/(?:^|_)([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())}Entry`;
}
