import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { IncidentDetail, List } from '../../control/resources.ts';
import { Running, temporaryFolder } from '../support/ringdown.ts';

let folder: ReturnType<typeof temporaryFolder>;
let watcher: Running;
beforeEach(async () => {
  folder = temporaryFolder();
  watcher = await Running.start({ command: 'up', folder: folder.path });
});
afterEach(async () => {
  await watcher.stop();
  folder.remove();
});

test('a terminal that goes away does not end the watcher', async () => {
  await watcher.monitorIn('passing', 'post-journey@local', 20_000);
  watcher.child.stdout!.destroy();
  watcher.child.stderr!.destroy();
  // The first page meets the closed pipe, the second one knows.
  for (const route of ['POST /v1/posts', 'POST /v1/sessions/refresh']) {
    await watcher.fault({ route, status: 500 });
    const key = route === 'POST /v1/posts' ? 'post-journey@local' : 'session-lifecycle@local';
    await watcher.monitorIn('failing', key, 40_000);
  }
  await watcher.mend();
  await watcher.monitorIn('passing', 'post-journey@local', 20_000);
  const { items } = await watcher.api<List<IncidentDetail>>('/api/v1/incidents');
  expect(items.length).toBeGreaterThan(0);
  expect(watcher.child.exitCode).toBeNull();
});
