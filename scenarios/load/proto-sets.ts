import type { Schema } from '../engine/protocols/grpc/schema.ts';

/** Definitions of gRPC services that a script loads from files beside it, each once. */
export class ProtoSets {
  readonly #id: string;
  readonly #known: { content: Uint8Array; client: string; file: string }[] = [];

  /** @param id of the scenario */
  constructor(id: string) {
    this.#id = id;
  }

  /** The name of the client that has loaded a schema. */
  clientOf(schema: Schema): string {
    const content = schema.descriptorSet();
    const same = this.#known.find((one) => Buffer.compare(one.content, content) === 0);
    if (same) return same.client;
    const number = this.#known.length === 0 ? '' : String(this.#known.length + 1);
    const made = { content, client: `services${number}`, file: `${this.#id}${number && `-${number}`}.protoset` };
    this.#known.push(made);
    return made.client;
  }

  /** Statements that load them. */
  get declarations(): string[] {
    return this.#known.map(
      ({ client, file }) => `const ${client} = new grpc.Client();\n${client}.loadProtoset('./${file}');`,
    );
  }

  /** What has to stand beside the script. */
  get files(): Map<string, Uint8Array> {
    return new Map(this.#known.map(({ file, content }) => [file, content]));
  }
}
