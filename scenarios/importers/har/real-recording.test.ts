import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import exampleRecordings from 'har-examples';
import { importOne } from '../testing/import-text.ts';
import { startReplayingService } from '../testing/replaying-service.ts';
import { failures, runImported } from '../testing/run-imported.ts';
import { importer } from './index.ts';

/** A session with the status board as Chromium 1.2 recorded it: signing in, looking at a monitor, running it, reading the run. */
const recording = readFileSync(new URL('./test-data/status-board.har', import.meta.url), 'utf8');

let service: Awaited<ReturnType<typeof startReplayingService>> | undefined;
afterEach(async () => {
  await service?.close();
  service = undefined;
});

test('a recording of a browser is imported, runs and passes', async () => {
  const imported = importOne(importer, recording);
  const { steps, secrets } = imported.written as unknown as {
    steps: { name: string; request: unknown; capture?: object }[];
    secrets: string[];
  };
  const asked = (request: unknown) =>
    typeof request === 'string'
      ? request
      : `${(request as { method: string }).method} ${(request as { url: string }).url}`;
  expect(steps.map(({ request }) => asked(request))).toEqual([
    'GET /sign-in?token={{ secrets.RINGDOWN_EXAMPLE_COM_TOKEN }}',
    'GET /',
    'GET /api/v1/session',
    'GET /api/v1/monitors',
    'GET /api/v1/incidents?state=triggered&limit=500',
    'GET /api/v1/incidents?state=acknowledged&limit=500',
    'GET /api/v1/deployments?limit=100',
    'GET /api/v1/monitors/{{ key }}/runs?limit=25',
    'POST /api/v1/monitors/{{ key }}/run',
    'GET /api/v1/monitors/{{ key }}/runs?limit=25',
    'GET /api/v1/runs/{{ id }}',
    'GET /api/v1/runs/{{ id }}/comparison',
    'GET /api/v1/telemetry/traces/{{ trace_id }}',
  ]);
  expect(secrets).toEqual(['RINGDOWN_EXAMPLE_COM_TOKEN']);
  expect(imported.text).not.toMatch(/recorded-(sign-in-token|session-cookie)/);
  expect(imported.omissions.map(({ what }) => what)).toEqual([
    '10 static files (images, styles, scripts, fonts)',
    '1 event stream without an end',
    'headers of the browser (user-agent, sec-…, referer, caching)',
  ]);
  service = await startReplayingService(recording);
  const results = await runImported(imported, service.url);
  expect({ failed: failures(results), refused: service.refused }).toEqual({ failed: [], refused: [] });
});

/** Recordings of the package har-examples (MIT). */
test.each(Object.entries(exampleRecordings as unknown as Record<string, object>))(
  'the example %s is imported, runs and passes',
  async (name, har) => {
    const text = JSON.stringify(har);
    const imported = importOne(importer, text, { name: `${name}.har` });
    service = await startReplayingService(text);
    const results = await runImported(imported, service.url);
    expect({ failed: failures(results), refused: service.refused }).toEqual({ failed: [], refused: [] });
  },
);
