import {
  type Rendered,
  render,
  renderString,
  type Scope,
  type Template,
  type TemplateError,
} from '../language/template.ts';

/** Renders the parts of a request, keeping the first error; after it, what it returns is of no use. */
export class Filling {
  readonly #scope: Scope;
  error: TemplateError | null = null;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  text(template: Template): string {
    return this.#unless(renderString(template, this.#scope)) ?? '';
  }

  value(template: Template): unknown {
    return this.#unless(render(template, this.#scope));
  }

  /** `application/x-www-form-urlencoded`; a list repeats its name. */
  pairs(fields: readonly { readonly name: string; readonly value: Template }[]): string {
    if (fields.length === 0) return '';
    const pairs = new URLSearchParams();
    for (const { name, value } of fields) {
      const filled = this.value(value);
      for (const one of Array.isArray(filled) ? filled : [filled]) {
        pairs.append(name, typeof one === 'object' && one !== null ? JSON.stringify(one) : String(one ?? ''));
      }
    }
    return pairs.toString();
  }

  #unless<T>(rendered: Rendered<T>): T | undefined {
    if ('value' in rendered) return rendered.value;
    this.error ??= rendered.error;
    return undefined;
  }
}
