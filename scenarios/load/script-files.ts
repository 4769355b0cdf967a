import { type Code, call, mapping, quoted } from './code.ts';
import { ProtoSets } from './proto-sets.ts';
import { Refused } from './refusal.ts';

/** A script is read by people and by every virtual user. */
const MOST_BYTES = 256 * 1_024;

/** Files that a script carries in itself, each once. */
export class ScriptFiles {
  /** Definitions of gRPC services. */
  readonly protoSets: ProtoSets;
  readonly #names = new Map<string, string>();
  #total = 0;

  /** @param id of the scenario */
  constructor(id: string) {
    this.protoSets = new ProtoSets(id);
  }

  /** The bytes as an expression. @param name to call them by @throws Refused where they are too many */
  of(bytes: Uint8Array, name: string): Code {
    const content = Buffer.from(bytes).toString('base64');
    let known = [...this.#names].find(([, other]) => other === content)?.[0];
    if (known === undefined) {
      this.#total += bytes.length;
      if (this.#total > MOST_BYTES)
        throw new Refused(
          `files of ${Math.ceil(this.#total / 1_024)} KiB`,
          `a script carries ${MOST_BYTES / 1_024} KiB at most`,
        );
      known = name;
      for (let number = 2; this.#names.has(known); number++) known = `${name} (${number})`;
      this.#names.set(known, content);
    }
    return `files[${quoted(known)}]`;
  }

  /** The declaration of `files`; null where there are none. */
  declaration(): Code | null {
    if (this.#names.size === 0) return null;
    return mapping([...this.#names].map(([name, content]) => [name, call('encoding.b64decode', quoted(content))]));
  }
}
