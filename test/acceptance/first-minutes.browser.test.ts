/** A new user's first minutes in a real browser, on real processes: sign in, break it, read the cause, take it, mend it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Incident, List } from '../../control/resources.ts';
import { Receiver } from '../support/receiver.ts';
import { ROOT, Running, temporaryFolder } from '../support/ringdown.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const JOURNEY = 'Sign up, write a post and read it back';
const SERVER_ERROR = 'injected fault: the posts store is unavailable';
/** The journey's interval, its retry, and a busy machine. */
const NEXT_RUN_MS = 30_000;

const folder = temporaryFolder();
let receiver: Receiver;
let watcher: Running;
let browser: Browser;
let page: Page;
const complaints: string[] = [];
let documents = 0;

beforeAll(async () => {
  execFileSync(process.execPath, [join(ROOT, 'dashboards/web/build.mjs')]);
  receiver = await Receiver.start();
  [watcher, browser] = await Promise.all([
    Running.start({
      command: 'up',
      folder: folder.path,
      config: `version: 1
channels:
  - { name: hook, type: webhook, url: "${receiver.url}", secret: "\${HOOK_SECRET}" }
`,
      env: { HOOK_SECRET: receiver.secret },
    }),
    chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args: FLAGS }),
  ]);
  page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page.setDefaultTimeout(NEXT_RUN_MS);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (request.isNavigationRequest()) documents++;
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await watcher?.stop();
  await receiver?.close();
  folder.remove();
});

const row = (name: string) => page.locator('tr', { has: page.getByRole('link', { name, exact: true }) });

// As text, because it runs in the page: this file is checked without the browser's types.
const WATCH_LAYOUT = `
  window.layoutShift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.layoutShift += entry.value;
  }).observe({ type: 'layout-shift' });
`;

describe('the first minutes in the browser', () => {
  test('the printed link signs in, and the board shows what passes', async () => {
    await page.goto(watcher.ready.sign_in_url);
    expect(new URL(page.url()).search).toBe('');
    await row(JOURNEY).getByText('Passing').waitFor();
    await page.getByRole('heading', { name: 'All 4 monitors pass' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test('runs that arrive move nothing', async () => {
    await page.evaluate(WATCH_LAYOUT);
    const runs = await watcher.api<{ last_run: { id: string } }>('/api/v1/monitors/health@local');
    await watcher.event(
      (event) => event.type === 'run' && event.data.monitor === 'health@local' && event.data.id !== runs.last_run.id,
      NEXT_RUN_MS,
    );
    expect(await page.evaluate<number>('window.layoutShift')).toBeLessThan(0.01);
  });

  test('a monitor goes red without a reload once its route is broken, and the incident tells the cause', async () => {
    const loaded = documents;
    await watcher.fault({ route: 'POST /v1/posts', status: 500 });
    await row(JOURNEY).getByText('Failing').waitFor();
    await row(JOURNEY).getByText('writing a post: status 500, expected 201').waitFor();
    await page.getByRole('article').getByText(SERVER_ERROR).waitFor();
    expect(await page.title()).toBe('(1) Status · Ringdown');
    expect(documents).toBe(loaded);
  });

  test('the run behind it: expected and actual, the difference, the spans and the error log of that request', async () => {
    await row(JOURNEY)
      .getByRole('link', { name: /status 500, expected 201/ })
      .click();
    await page.getByRole('heading', { name: '“writing a post” failed: status 500, expected 201' }).waitFor();
    await page.getByText(`The service says StoreUnavailable: ${SERVER_ERROR}`).waitFor();

    const judged = page.getByRole('row', { name: /failed status/ });
    expect((await judged.getByRole('cell').allInnerTexts()).slice(-2)).toEqual(['201', '500']);

    const difference = page.getByRole('region', { name: 'Differences of writing a post' });
    await difference.getByText(/status 201\s+→.*500/).waitFor();
    await difference.getByText('"code": "internal_error"').waitFor();

    const service = page.getByRole('region', { name: 'What the service did' });
    await service.getByRole('button', { name: /server.*POST \/v1\/posts.*500/ }).waitFor();
    const logs = service.getByRole('region', { name: 'Logs of this trace' });
    await logs.getByRole('listitem').filter({ hasText: 'error' }).getByText(SERVER_ERROR).waitFor();
  });

  test('the incident is taken under a name, which the receiver of the page hears', async () => {
    const triggered = await receiver.page(({ event }) => event === 'incident.triggered', NEXT_RUN_MS);
    await page.goto(triggered.incident.url);
    await page.getByRole('heading', { name: /POST \/v1\/posts answers 500/ }).waitFor();
    await page.getByLabel('Your name, for the timeline').fill('kim');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('Acknowledged', { exact: true }).first().waitFor();
    await page.getByText(/^by kim,/).waitFor();
    const acknowledged = await receiver.page(({ event }) => event === 'incident.acknowledged', NEXT_RUN_MS);
    expect(acknowledged.dedup_key).toBe(triggered.dedup_key);
  });

  test('mended, the incident resolves while one looks at it, and the board is green again', async () => {
    const loaded = documents;
    await watcher.mend();
    await page.getByText(/because its monitors passed again/).waitFor();
    expect(await page.getByRole('button', { name: 'Resolve' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Ringdown, status board' }).click();
    await page.getByRole('heading', { name: 'All 4 monitors pass' }).waitFor();
    await row(JOURNEY).getByText('Passing').waitFor();
    expect(documents).toBe(loaded);
    const open = await watcher.api<List<Incident>>('/api/v1/incidents?state=triggered');
    expect(open.items).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('a link to an incident survives an ended session, whichever way one signs in again', async () => {
    const { items } = await watcher.api<List<Incident>>('/api/v1/incidents');
    const path = `/incidents/${items[0]!.id}`;
    for (const signIn of [
      async () => {
        await page.getByLabel('Token').fill(watcher.token);
        await page.keyboard.press('Enter');
      },
      () => page.goto(watcher.ready.sign_in_url),
    ]) {
      await page.context().clearCookies();
      await page.goto(watcher.ready.url + path);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await signIn();
      await page.getByRole('heading', { name: items[0]!.title }).waitFor();
      expect(new URL(page.url()).pathname).toBe(path);
    }
  });
});
