/** Who watches the reference service from inside. */
export const MODES = ['ringdown', 'elastic-apm', 'newrelic', 'none'] as const;
export type Mode = (typeof MODES)[number];

/** What API_INSTRUMENTATION says; undefined when it is none of the modes. */
export function modeOf(env: NodeJS.ProcessEnv): Mode | undefined {
  const wanted = env.API_INSTRUMENTATION || 'ringdown';
  return MODES.find((mode) => mode === wanted);
}
