/**
 * A watcher reduced to its alert desk, on a real database, for tests that kill it. Its only monitor fails every 10 ms;
 * its only channel appends to a file, which stands for a provider that has accepted the page.
 * Arguments: database file, page file, a number that makes run ids unique over restarts.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Observation } from '../../../alerts/engine/observation.ts';
import { createAlertDesk } from '../../../alerts/incidents/desk.ts';
import { failed, observe } from '../../../alerts/testing/observations.ts';
import { systemClock } from '../../../core/clock.ts';
import { migrate, openSqlite } from '../../sqlite/index.ts';
import { type AlertSchema, alertMigrations, alertRepository } from '../index.ts';

const [database = '', pages = '', life = '0'] = process.argv.slice(2);
const sqlite = await openSqlite<AlertSchema>({ file: database });
await migrate(sqlite.db, alertMigrations);
let accepted = 0;
const desk = createAlertDesk({
  clock: systemClock,
  store: alertRepository(sqlite.db),
  policies: [],
  channels: new Map([
    [
      'file',
      {
        events: [],
        notifier: {
          async start() {},
          async shutdown() {},
          async notify({ event, dedup_key, delivery_id, incident }) {
            appendFileSync(pages, `${JSON.stringify({ event, dedup_key, delivery_id, incident: incident.id })}\n`);
            await delay(5);
            accepted++;
            return { status: 'accepted' };
          },
        },
      },
    ],
  ]),
  publicUrl: 'http://127.0.0.1:4000',
  log: { info() {}, warn() {}, error: (fields, message) => console.error(message, fields) },
});
await desk.start();
process.stdout.write('started\n');
for (let run = 0; run < 30; run++) {
  const observation: Observation = observe('post-journey@local', failed, systemClock.now());
  await desk.observe({ ...observation, run_id: `${life}-${run}` });
  await delay(10);
}
await desk.shutdown(AbortSignal.timeout(2_000));
await sqlite.close();
process.stdout.write(`accepted ${accepted}\n`);
