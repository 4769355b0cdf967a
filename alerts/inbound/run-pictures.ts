import type { Incident } from '../incident.ts';
import { type PicturedRun, RUNS_PICTURED, runPicture } from '../page/run-picture.ts';
import type { LinkSigner } from './signed-link.ts';

/** Pictures beside a page, which a vendor fetches without signing in. */
export interface RunPictures {
  /** Path below the public address. It shows a picture and nothing else: it cannot answer. */
  path(incident: string, channel: string): string;
  /** A PNG of the latest runs of the monitor that opened the incident; null where the link is not ours, expired, or there are none. */
  draw(token: string): Promise<Buffer | null>;
}

export function createRunPictures(deps: {
  /** Of a purpose of its own, so that no link to a picture opens anything else. */
  signer: LinkSigner;
  /** Any incident that is still known, resolved ones too. */
  find(id: string): Promise<Incident | null>;
  /** Newest first. */
  runs(monitor: string, limit: number): Promise<readonly PicturedRun[]>;
}): RunPictures {
  return {
    path: (incident, channel) => `/p/${deps.signer.sign({ incident, channel })}.png`,
    async draw(token) {
      const link = deps.signer.open(token);
      const incident = link.valid ? await deps.find(link.incident) : null;
      if (!incident) return null;
      const runs = await deps.runs(incident.cause.monitor, RUNS_PICTURED);
      return runs.length === 0 ? null : runPicture(runs.toReversed());
    },
  };
}
