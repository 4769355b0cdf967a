import type { Parameters } from '../language/model.ts';
import { type Names, render, type Scope, type TemplateError } from '../language/template.ts';
import type { StepView } from './step-context.ts';

/** The values of a fragment's parameters, or why one of them has none. */
type Given = { readonly values: ReadonlyMap<string, unknown> } | { readonly error: TemplateError };

/**
 * What the parameters of fragments are, evaluated before the first step that came from the fragment. To be made anew for
 * every attempt and every row.
 */
export class ParameterValues {
  readonly #known = new Map<Parameters, Given>();

  /** @param outside what names mean where the include stands, parameters of outer fragments left out */
  viewInside(parameters: Parameters, outside: StepView): StepView | { readonly error: TemplateError } {
    const given = this.#given(parameters, outside.scope);
    if ('error' in given) return given;
    return { values: outside.values, scope: inside(given.values, outside.scope) };
  }

  #given(parameters: Parameters, outside: Scope): Given {
    const known = this.#known.get(parameters);
    if (known) return known;
    const given = this.#evaluate(parameters, outside);
    this.#known.set(parameters, given);
    return given;
  }

  #evaluate({ outer, values }: Parameters, outside: Scope): Given {
    const around = outer ? this.#given(outer, outside) : null;
    if (around && 'error' in around) return around;
    const given = new Map<string, unknown>();
    const scope = around ? inside(around.values, outside) : outside;
    for (const { name, value } of values) {
      const rendered = render(value, scope);
      if ('error' in rendered) {
        const { error } = rendered;
        return { error: { ...error, message: `parameter ${name}: ${error.message}` } };
      }
      given.set(name, rendered.value);
    }
    return { values: given };
  }
}

/** The scope in which parameters hide the names around them. */
function inside(given: Names, outside: Scope): Scope {
  const around = outside.values;
  const values: Names = {
    has: (name) => given.has(name) || around.has(name),
    get: (name) => (given.has(name) ? given.get(name) : around.get(name)),
    keys: () => new Set([...given.keys(), ...around.keys()]),
  };
  return { ...outside, values };
}
