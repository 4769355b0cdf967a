import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Scenario } from '../../scenarios/language/model.ts';
import { parseScenario } from '../../scenarios/language/parse.ts';
import { diskFiles } from '../../scenarios/language/source-files.ts';
import { type Bundle, MOST_BUNDLE_BYTES } from '../../scenarios/workers/protocol.ts';

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

export type Bundled = { readonly bundle: Bundle } | { readonly refused: string };

/** Scenarios as they travel to workers, packed once each and found by their id while they are in use. */
export class Bundles {
  #byScenario = new Map<Scenario, Bundled>();
  #byId = new Map<string, Bundle>();

  /** From now on these are in use. What was packed already is not read again: the file may be half edited. */
  use(scenarios: readonly Scenario[]): void {
    this.#byScenario = new Map(
      scenarios.map((scenario) => [scenario, this.#byScenario.get(scenario) ?? pack(scenario)]),
    );
    const packed = [...this.#byScenario.values()].flatMap((found) => ('bundle' in found ? [found.bundle] : []));
    this.#byId = new Map(packed.map((bundle) => [bundle.id, bundle]));
  }

  of(scenario: Scenario): Bundled {
    return this.#byScenario.get(scenario) ?? { refused: 'the scenario is no longer in use' };
  }

  find(id: string): Bundle | undefined {
    return this.#byId.get(id);
  }
}

/** Reads a scenario's file and every file that it names. */
export function pack({ file }: Pick<Scenario, 'file'>): Bundled {
  const disk = diskFiles(file);
  const source = disk.text(resolve(file));
  if ('error' in source) return { refused: `${file} cannot be sent to workers: ${source.error}` };
  const text = source.value;
  const files: Record<string, string> = {};
  let bytes = Buffer.byteLength(text);
  for (const location of parseScenario(text, file, { files: disk }).files) {
    const found = disk.bytes(resolve(location));
    // One that is not there is not there for the worker either.
    if ('error' in found) continue;
    const content = Buffer.from(found.value);
    if (holdsPrivateKey(content.toString('latin1')))
      return { refused: `${location} holds a private key, which is never sent to workers` };
    bytes += content.length;
    files[location] = content.toString('base64');
  }
  if (bytes > MOST_BUNDLE_BYTES) {
    return {
      refused: `${file} and its files have ${Math.round(bytes / 2 ** 20)} MB; at most ${MOST_BUNDLE_BYTES / 2 ** 20} MB are sent to workers`,
    };
  }
  const id = createHash('sha256').update(JSON.stringify({ file, text, files })).digest('hex');
  return { bundle: { id, file, text, files } };
}

export function holdsPrivateKey(text: string): boolean {
  return PRIVATE_KEY.test(text);
}
