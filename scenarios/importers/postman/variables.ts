import { literal } from '../literal.ts';
import { identifier, Unique } from '../names.ts';
import { isSecretName, looksSecret, type Secrets } from '../secrets.ts';
import { dynamicVariable } from './dynamic.ts';

interface Binding {
  /** What the scenario calls it. */
  name: string;
  /** Known when the collection, the environment or a script says so. Foreign text, not yet translated. */
  value: string | undefined;
  /** `captured`: a response gives it while the collection runs; `made`: a script made it, `value` is a scenario's text. */
  origin: 'declared' | 'captured' | 'made' | 'secret' | 'unknown';
  used: boolean;
}

/** `{{name}}` of Postman: what each name means at the request that is being read. */
export class Variables {
  readonly #bindings = new Map<string, Binding>();
  readonly #names = new Unique('_');
  readonly #secrets: Secrets;
  /** Every variable in the order in which it came up; a name that scripts set anew has several. */
  readonly #all: Binding[] = [];
  readonly unknownGenerators = new Set<string>();

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** From the collection or the environment; a later one of the same name wins. */
  declare(key: string, value: string, secret: boolean): void {
    const hidden = secret || isSecretName(key) || looksSecret(value);
    const bound = this.#bindings.get(key);
    if (bound) this.#all.splice(this.#all.indexOf(bound), 1);
    const name = bound?.name ?? this.#names.take(identifier(key));
    this.#bind(key, { name, value, origin: hidden && !value.includes('{{') ? 'secret' : 'declared', used: false });
  }

  /** A script takes it out of a response. @returns what the scenario calls it */
  capture(key: string): string {
    const bound = this.#bindings.get(key);
    const name = bound?.name ?? this.#names.take(identifier(key));
    this.#bind(key, { name, value: undefined, origin: 'captured', used: true });
    return name;
  }

  /** A script makes it. @param text of a scenario */
  make(key: string, value: string): void {
    const bound = this.#bindings.get(key);
    const fresh = !bound?.used;
    if (bound && fresh) this.#all.splice(this.#all.indexOf(bound), 1);
    const name = bound && fresh ? bound.name : this.#names.take(identifier(key));
    this.#bind(key, { name, value, origin: 'made', used: false });
  }

  /** The text of a variable where a URL begins with it; undefined when only a run knows. */
  known(key: string): string | undefined {
    const bound = this.#bindings.get(key);
    return bound?.origin === 'declared' ? bound.value : undefined;
  }

  /** Makes a text with `{{name}}` one of a scenario. */
  translate(text: string): string {
    return text
      .split(/(\{\{[^{}]*\}\})/)
      .map((part, index) => (index % 2 === 0 ? literal(part) : `{{ ${this.expression(part.slice(2, -2)).text} }}`))
      .join('');
  }

  /** What stands between the braces of a scenario's template. */
  expression(written: string): { text: string; type: 'string' | 'number' | 'unknown' } {
    const key = written.trim();
    if (key.startsWith('$')) {
      const dynamic = dynamicVariable(key.slice(1));
      if (dynamic) return { text: dynamic.expression, type: dynamic.number ? 'number' : 'string' };
      this.unknownGenerators.add(key);
      return { text: '$random_string', type: 'string' };
    }
    let bound = this.#bindings.get(key);
    if (!bound) {
      bound = {
        name: this.#names.take(identifier(key)),
        value: undefined,
        origin: isSecretName(key) ? 'secret' : 'unknown',
        used: false,
      };
      this.#bind(key, bound);
    }
    bound.used = true;
    if (bound.origin === 'secret') return { text: this.#secret(key, bound), type: 'string' };
    const type = bound.origin === 'captured' ? 'unknown' : 'string';
    return { text: bound.name, type };
  }

  /** The variables in use, in an order in which each stands behind those that it needs. */
  written(): { variables: Record<string, unknown>; withoutValue: string[] } {
    const variables: Record<string, unknown> = {};
    const withoutValue: string[] = [];
    const put = (binding: Binding, path: readonly Binding[]) => {
      if (Object.hasOwn(variables, binding.name) || path.includes(binding)) return;
      const { value = '', origin } = binding;
      if (origin === 'declared') {
        for (const [, key = ''] of value.matchAll(/\{\{([^{}]*)\}\}/g)) {
          const needed = this.#bindings.get(key.trim());
          if (needed && (needed.origin === 'declared' || needed.origin === 'unknown')) put(needed, [...path, binding]);
        }
      }
      if (origin === 'unknown') withoutValue.push(binding.name);
      variables[binding.name] = origin === 'declared' ? this.translate(value) : value;
    };
    // Translating a value may put further names into use.
    for (let before = -1; before !== this.#all.length; ) {
      before = this.#all.length;
      for (const binding of [...this.#all])
        if (binding.used && !['captured', 'secret'].includes(binding.origin)) put(binding, []);
    }
    return { variables, withoutValue };
  }

  #secret(key: string, { value }: Binding): string {
    const reference = value ? this.#secrets.hide(key, value) : this.#secrets.declare(key);
    return reference.slice(2, -2).trim();
  }

  #bind(key: string, binding: Binding): void {
    this.#bindings.set(key, binding);
    this.#all.push(binding);
  }
}
