import { suggestion } from '../core/document/index.ts';
import { EXIT, RingdownError } from '../core/errors.ts';
import type { Config, EnvironmentSettings } from './config/load.ts';

/** What `up` calls the reference API that it started. */
export const LOCAL = 'local';

/** The environments of the config, and before them the reference API where one runs and the name is free. */
export function knownEnvironments({ environments }: Config, referenceApi: string | null): EnvironmentSettings[] {
  return referenceApi && !environments.some(({ name }) => name === LOCAL)
    ? [{ name: LOCAL, baseUrl: referenceApi, variables: {}, connection: null }, ...environments]
    : [...environments];
}

/**
 * The environment that `--env` names, or the only one there is.
 * @throws RingdownError (usage) when there is none of that name, or several and none was named
 */
export function chooseEnvironment(
  known: readonly EnvironmentSettings[],
  name: string | undefined,
): EnvironmentSettings {
  const names = known.map((environment) => environment.name);
  if (name !== undefined) {
    const found = known.find((environment) => environment.name === name);
    if (found) return found;
    const hint = suggestion(name, names) ?? (names.length > 0 ? `there are: ${names.join(', ')}` : undefined);
    throw new RingdownError('UNKNOWN_ENVIRONMENT', `there is no environment "${name}"`, {
      exitCode: EXIT.usage,
      ...(hint ? { hint } : {}),
    });
  }
  if (known.length === 1) return known[0]!;
  throw new RingdownError(
    'WHICH_ENVIRONMENT',
    known.length === 0 ? 'there are no environments' : 'there are several environments',
    {
      exitCode: EXIT.usage,
      hint:
        known.length === 0
          ? 'add for example to ringdown.yaml:  environments: { staging: { base_url: "https://staging.example.com" } }'
          : `choose one with --env: ${names.join(', ')}`,
    },
  );
}
