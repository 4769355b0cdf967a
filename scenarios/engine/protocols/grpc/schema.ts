import {
  create,
  createFileRegistry,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { suggestion } from '../../../../core/document/index.ts';
import { completeDescriptors } from './complete-descriptors.ts';
import { wellKnownFile } from './well-known.ts';

/** The services and messages of a server. A class of its own, so that nothing takes it for data with templates in it. */
export class Schema {
  readonly #registry: FileRegistry;
  readonly #files: readonly FileDescriptorProto[];

  /**
   * @param main name of the file whose services are meant; types come from it and from what it imports
   * @param files by name; what is imported and not here must be one of Google's own
   * @throws where they contradict themselves or something is missing
   */
  constructor(main: string, files: ReadonlyMap<string, FileDescriptorProto>) {
    completeDescriptors(files);
    this.#files = inOrder(main, files);
    this.#registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...this.#files] }));
  }

  /** All files as protoc --descriptor_set_out --include_imports writes them. */
  descriptorSet(): Uint8Array {
    return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...this.#files] }));
  }

  /** @param written `package.Service/Method`; the error goes on after "grpc: " */
  method(written: string): { value: Method } | { error: string; hint: string | undefined } {
    const [service = '', name = ''] = written.split('/');
    const found = this.#registry.getService(service);
    if (!found) {
      const names = [...this.#registry].flatMap((one) => (one.kind === 'service' ? [one.typeName] : []));
      return { error: `there is no service "${service}"`, hint: suggestion(service, names) };
    }
    const method = found.methods.find((one) => one.name === name);
    if (!method) {
      const names = found.methods.map((one) => one.name);
      return { error: `service ${service} has no method "${name}"`, hint: suggestion(name, names) };
    }
    if (method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming') {
      const hint = 'unary and server streaming methods can be called';
      return { error: `${written} streams from the client, which a step cannot do`, hint };
    }
    return { value: new Method(method, this.#registry) };
  }

  /** A message type on its own. */
  message(typeName: string): MessageType | undefined {
    const found = this.#registry.getMessage(typeName);
    return found && new MessageType(found, this.#registry);
  }
}

/** Converts messages of one type (ProtoJSON: names in either spelling in, lowerCamelCase and unset fields out, 64-bit numbers as texts). */
export class MessageType {
  readonly #type: DescMethod['input'];
  readonly #registry: FileRegistry;

  constructor(type: DescMethod['input'], registry: FileRegistry) {
    this.#type = type;
    this.#registry = registry;
  }

  encode(value: unknown): { value: Uint8Array } | { error: string } {
    try {
      return { value: toBinary(this.#type, fromJson(this.#type, value as JsonValue, { registry: this.#registry })) };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  decode(bytes: Uint8Array): { value: JsonValue } | { error: string } {
    try {
      const message = fromBinary(this.#type, bytes);
      return { value: toJson(this.#type, message, { registry: this.#registry, alwaysEmitImplicit: true }) };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }
}

export class Method {
  readonly input: MessageType;
  readonly output: MessageType;
  readonly serverStreaming: boolean;

  constructor(method: DescMethod, registry: FileRegistry) {
    this.input = new MessageType(method.input, registry);
    this.output = new MessageType(method.output, registry);
    this.serverStreaming = method.methodKind === 'server_streaming';
  }
}

/** A file and everything that it needs, what is imported before who imports it. */
function inOrder(main: string, files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const visit = (name: string, importers: readonly string[]) => {
    const file = files.get(name) ?? wellKnownFile(name)?.proto;
    if (!file) throw new Error(`${importers.at(-1)}: the import "${name}" is missing`);
    if (ordered.has(file)) return;
    const chain = [...importers, name];
    if (importers.includes(name)) throw new Error(`files import each other: ${chain.join(' → ')}`);
    for (const imported of file.dependency) visit(imported, chain);
    ordered.add(file);
  };
  visit(main, []);
  return [...ordered];
}
