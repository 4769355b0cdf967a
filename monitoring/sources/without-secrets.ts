import { scrubbed, scrubberOf } from '../secrets.ts';
import type { SourceKind } from './source.ts';

/** The source, whose errors, log lines and status hold nothing of its secrets, whatever it is answered. */
export function withoutSecrets({ type, create }: SourceKind): SourceKind {
  return {
    type,
    create(settings, deps) {
      const scrub = scrubberOf(settings);
      try {
        const source = create(settings, { ...deps, log: (level, message) => deps.log(level, scrub(message)) });
        return {
          start: () => source.start(),
          shutdown: (abort) => source.shutdown(abort),
          status() {
            const status = source.status();
            return { ...status, last_error: status.last_error === null ? null : scrub(status.last_error) };
          },
        };
      } catch (error) {
        throw scrubbed(error, scrub);
      }
    },
  };
}
