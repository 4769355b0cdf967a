import {
  type DescriptorProto,
  type EnumDescriptorProto,
  FieldDescriptorProto_Type as FieldType,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { wellKnownTypes } from './well-known.ts';

interface Defined {
  readonly kind: 'message' | 'enum';
  readonly file: string;
}

/**
 * Fills in what descriptors may leave out, in place: JSON names, and, where they were not made by protoc, types and imports
 * that follow from names relative to their scope (the reflection of grpc-js sends such).
 * @throws an Error in words for a person where a name is not defined
 */
export function completeDescriptors(files: ReadonlyMap<string, FileDescriptorProto>): void {
  const defined = new Map<string, Defined>(wellKnownTypes());
  for (const file of files.values()) define(file.messageType, file.enumType, file.package, file.name, defined);
  for (const file of files.values()) new Completing(file, defined).complete();
}

function define(
  messages: readonly DescriptorProto[],
  enums: readonly EnumDescriptorProto[],
  scope: string,
  file: string,
  into: Map<string, Defined>,
): void {
  for (const { name } of enums) into.set(within(scope, name), { kind: 'enum', file });
  for (const { name, nestedType, enumType } of messages) {
    into.set(within(scope, name), { kind: 'message', file });
    define(nestedType, enumType, within(scope, name), file, into);
  }
}

class Completing {
  readonly #file: FileDescriptorProto;
  readonly #defined: ReadonlyMap<string, Defined>;

  constructor(file: FileDescriptorProto, defined: ReadonlyMap<string, Defined>) {
    this.#file = file;
    this.#defined = defined;
  }

  complete(): void {
    const { service, messageType, package: scope } = this.#file;
    for (const type of messageType) this.#message(type, within(scope, type.name));
    for (const { name, method } of service) {
      for (const one of method) {
        one.inputType = `.${this.#resolve(one.inputType, within(scope, name)).name}`;
        one.outputType = `.${this.#resolve(one.outputType, within(scope, name)).name}`;
      }
    }
  }

  #message(type: DescriptorProto, scope: string): void {
    for (const field of type.field) {
      if (field.jsonName === '') field.jsonName = jsonNameOf(field.name);
      if (field.typeName === '') continue;
      const { name, kind } = this.#resolve(field.typeName, scope);
      field.typeName = `.${name}`;
      if (field.type !== FieldType.GROUP) field.type = kind === 'enum' ? FieldType.ENUM : FieldType.MESSAGE;
    }
    for (const nested of type.nestedType) this.#message(nested, within(scope, nested.name));
  }

  /** Looks a name up from the innermost scope outwards; a dot in front means that it is whole. */
  #resolve(written: string, scope: string): { name: string; kind: Defined['kind'] } {
    const whole = written.startsWith('.');
    const bare = written.replace(/^\./, '');
    for (const one of whole ? [''] : outwards(scope)) {
      const name = within(one, bare);
      const found = this.#defined.get(name);
      if (!found) continue;
      const { dependency, name: here } = this.#file;
      if (found.file !== here && !dependency.includes(found.file)) dependency.push(found.file);
      return { name, kind: found.kind };
    }
    throw new Error(`${this.#file.name}: "${bare}" is not defined; is an import missing?`);
  }
}

/** As protoc makes it (descriptor.proto, json_name). */
function jsonNameOf(name: string): string {
  return name.replace(/_+([a-zA-Z0-9]?)/g, (_, next: string) => next.toUpperCase());
}

function within(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

function outwards(scope: string): string[] {
  const parts = scope.split('.');
  return [...parts.keys()].map((index) => parts.slice(0, parts.length - index).join('.')).concat('');
}
