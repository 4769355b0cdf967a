import type { ReadSecrets } from '../secret-source.ts';

/** Values of environment variables; an empty one is none. */
export const readEnvironment: ReadSecrets<{ readonly env: string }> = async (sources, env) =>
  sources.map(({ env: name }) => {
    const value = env[name];
    if (value) return { value };
    const error = `the environment variable ${name} is ${value === '' ? 'empty' : 'not set'}`;
    return { error, hint: `set ${name}, or name another source under secrets in ringdown.yaml` };
  });
