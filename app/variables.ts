import { suggestion } from '../core/document/index.ts';
import { EXIT, RingdownError } from '../core/errors.ts';
import type { Scenario } from '../scenarios/language/model.ts';

/**
 * A variable of the command line that no scenario declares is a slip, and without it something else would be tested.
 * @throws RingdownError (usage)
 */
export function checkVariables(given: Readonly<Record<string, string>>, scenarios: readonly Scenario[]): void {
  const declared = new Set(scenarios.flatMap((scenario) => scenario.variables.map(({ name }) => name)));
  const stranger = Object.keys(given).find((name) => !declared.has(name));
  if (stranger === undefined) return;
  const one = scenarios.length === 1;
  throw new RingdownError(
    'UNKNOWN_VARIABLE',
    `--var: ${one ? 'the' : 'no'} scenario ${one ? 'does not declare' : 'declares'} a variable "${stranger}"`,
    {
      exitCode: EXIT.usage,
      hint: suggestion(stranger, declared) ?? `declare it in the scenario:  variables: { ${stranger}: … }`,
    },
  );
}
