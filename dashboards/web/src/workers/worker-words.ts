import type { WorkerLocation, WorkerStatus } from '../../../../control/resources.ts';
import { plural } from '../time/words.ts';

/** Of a worker: heard of within a minute, silent, or silent for so long that nobody expects it back. */
export type WorkerTone = 'passing' | 'no_data' | 'failing';

/** How a location does, in one word or two, and whether that is good. */
export function locationWords(location: WorkerLocation): { tone: WorkerTone; words: string } {
  const { monitors, connected, capacity, running, waiting } = location;
  if (connected === 0 && monitors.length > 0) return { tone: 'failing', words: 'nobody serves it' };
  if (connected === 0) return { tone: 'no_data', words: 'no worker, and none is needed' };
  if (waiting > 0 && running >= capacity) return { tone: 'failing', words: 'no room: start another worker' };
  return { tone: 'passing', words: plural(connected, 'worker') };
}

/** `3 workers in 2 locations`, and what is missing first. */
export function workersWords(workers: readonly WorkerStatus[], locations: readonly WorkerLocation[]): string {
  const unserved = locations.filter(({ connected, monitors }) => connected === 0 && monitors.length > 0);
  if (unserved.length > 0) return `Nobody serves ${unserved.map(({ name }) => name).join(', ')}`;
  const connected = workers.filter((worker) => worker.connected).length;
  if (connected === 0) return 'No workers';
  const served = locations.filter((location) => location.connected > 0).length;
  return `${plural(connected, 'worker')} in ${plural(served, 'location')}`;
}

const OUTCOMES: [string, string][] = [
  ['counted', 'counted'],
  ['late', 'too late'],
  ['not_done', 'not done'],
  ['refused', 'refused by the worker'],
  ['still_running', 'left out: the one before still ran'],
  ['known', 'told twice'],
  ['unknown', 'of another life of the watcher'],
];

/** `120 counted, 3 not done`. */
export function outcomesWords(outcomes: Readonly<Record<string, number>>): string {
  const parts = OUTCOMES.filter(([name]) => (outcomes[name] ?? 0) > 0).map(
    ([name, words]) => `${outcomes[name]} ${words}`,
  );
  return parts.length === 0 ? 'none yet' : parts.join(', ');
}

/** The command that starts a worker for a location. The token comes from the environment: a flag can be seen by others. */
export function startCommand(watcher: string, location: string): string {
  return `RINGDOWN_TOKEN=… npx ringdown worker --watcher ${watcher} --location ${location}`;
}
