import { literal } from './literal.ts';
import { identifier } from './names.ts';
import { isSecretName, type Secrets } from './secrets.ts';

/** `{{NAME}}` of services whose variables stand in their settings and not in what they export. */
export class ForeignVariables {
  readonly #values: Record<string, unknown> = {};
  readonly #captured = new Set<string>();
  readonly #withoutValue = new Set<string>();
  readonly #secrets: Secrets;
  readonly #known: ReadonlyMap<string, string>;
  readonly #generator: (written: string) => string | undefined;

  /**
   * @param known values by name
   * @param generator the expression of a built-in function; undefined for what is a name
   */
  constructor(
    secrets: Secrets,
    known: ReadonlyMap<string, string>,
    generator: (written: string) => string | undefined,
  ) {
    this.#secrets = secrets;
    this.#known = known;
    this.#generator = generator;
  }

  /** A step takes it out of an answer. */
  capture(name: string): string {
    const key = identifier(name);
    this.#captured.add(key);
    return key;
  }

  /** @param opening matches a template; its first group is what stands between the braces */
  translate(text: string, opening = /\{\{\{?([^{}]*)\}?\}\}/): string {
    return text
      .split(new RegExp(`(${opening.source.replace('([^', '(?:[^')})`))
      .map((part, index) =>
        index % 2 === 0 ? literal(part) : `{{ ${this.expression(opening.exec(part)![1]!.trim())} }}`,
      )
      .join('');
  }

  expression(written: string): string {
    const generated = this.#generator(written);
    if (generated !== undefined) return generated;
    const key = identifier(written);
    if (this.#captured.has(key)) return key;
    const known = this.#known.get(written);
    if (isSecretName(written))
      return (known ? this.#secrets.hide(written, known) : this.#secrets.declare(written)).slice(2, -2).trim();
    if (known === undefined) this.#withoutValue.add(key);
    this.#values[key] = literal(known ?? '');
    return key;
  }

  get variables(): Readonly<Record<string, unknown>> {
    return this.#values;
  }

  get withoutValue(): readonly string[] {
    return [...this.#withoutValue];
  }
}
