import type { Parameters } from './model.ts';
import { type Names, type Rendered, render, type Scope } from './template.ts';

/**
 * The scope of a step that came from a fragment: its parameters in front of the names of the scenario.
 * @param made what was evaluated so far in this attempt and row; grows
 */
export function withParameters(
  parameters: Parameters | null,
  scope: Scope,
  made: Map<Parameters, ReadonlyMap<string, unknown>>,
): Rendered<Scope> {
  if (!parameters) return { value: scope };
  let own = made.get(parameters);
  if (!own) {
    const around = withParameters(parameters.outer, scope, made);
    if ('error' in around) return around;
    const values = new Map<string, unknown>();
    for (const { name, value } of parameters.values) {
      const rendered = render(value, around.value);
      if ('error' in rendered) return rendered;
      values.set(name, rendered.value);
    }
    made.set(parameters, values);
    own = values;
  }
  return { value: { ...scope, values: inFrontOf(own, scope.values) } };
}

/** A view, so that what is captured later is seen too. */
function inFrontOf(own: ReadonlyMap<string, unknown>, others: Names): Names {
  return {
    has: (name) => own.has(name) || others.has(name),
    get: (name) => (own.has(name) ? own.get(name) : others.get(name)),
    keys: () => [...own.keys(), ...others.keys()],
  };
}
