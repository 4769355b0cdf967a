/** QA changes a scenario in a real browser, on a real watcher: the file changes by a line, and the monitor runs it as it is now. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { List, RunSummary } from '../../control/resources.ts';
import { ROOT, Running, temporaryFolder } from '../support/ringdown.ts';
import { Shop } from '../support/shop.ts';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const KEY = 'shop@local';
const TEXT = `version: 1
id: shop
name: 'Shop'     # as people call it
service: shop
schedule: { every: 1s }   # soon, for the test
steps:
  # one step is enough
  - name: asking
    request: GET /old
    expect: { status: 200 }
`;

const folder = temporaryFolder();
const file = join(folder.path, 'shop.scenario.yaml');
let shop: Shop;
let watcher: Running;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  execFileSync(process.execPath, [join(ROOT, 'dashboards/web/build.mjs')]);
  shop = await Shop.start();
  writeFileSync(file, TEXT);
  [watcher, browser] = await Promise.all([
    Running.start({
      command: 'serve',
      folder: folder.path,
      config: `version: 1\nenvironments: { local: { base_url: "${shop.url}" } }\nscenarios: ["*.scenario.yaml"]\n`,
    }),
    chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args: FLAGS }),
  ]);
  await watcher.monitorIn('passing', KEY, 10_000);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(watcher.ready.sign_in_url);
  await page.goto(`${watcher.ready.url}/monitors/${KEY}`);
  await page.getByRole('link', { name: 'Scenario', exact: true }).click();
  await page.getByText('As it is on the disk.').waitFor();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await watcher?.stop();
  await shop?.close();
  folder.remove();
});

const onDisk = () => readFileSync(file, 'utf8');

test('a mistake is shown with its line, and nothing is written', async () => {
  await page.getByRole('textbox', { name: 'Scenario file' }).focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('tagz: [critical]');
  const mistake = page.getByRole('list', { name: 'Mistakes' }).getByRole('listitem');
  await mistake.getByText('unknown key "tagz"').waitFor();
  await mistake.getByRole('button', { name: 'line 11' }).waitFor();
  expect(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled()).toBe(true);
  await page.keyboard.press('Control+s');
  expect(onDisk()).toBe(TEXT);
  const { status } = await fetch(`${watcher.ready.url}/api/v1/scenarios/shop`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${watcher.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text: `${TEXT}tagz: [critical]`, version: 'any' }),
  });
  expect([status, onDisk()]).toEqual([422, TEXT]);
  await page.getByRole('button', { name: 'Discard changes' }).click();
});

test('a change by form is tried without leaving a trace, saved as one changed line, and run from then on', async () => {
  await page.getByText('asking', { exact: true }).click();
  await page.getByLabel('Request').fill('GET /new');
  await page.getByLabel('Name of the step').focus();
  await page.getByText('Changed, not saved yet.').waitFor();

  await page.getByRole('button', { name: 'Try in local' }).click();
  await page.getByText(/^Passed: 1 step in /).waitFor();
  expect(shop.requests).toContain('GET /new');
  expect(onDisk()).toBe(TEXT);
  const tried = await watcher.api<List<RunSummary>>(`/api/v1/monitors/${KEY}/runs?limit=500`);
  expect(shop.requests.filter((request) => request === 'GET /old').length).toBeGreaterThanOrEqual(tried.items.length);

  const replaced = watcher.event((event) => event.type === 'monitors', 10_000);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved. The watcher reads it again by itself').waitFor();
  expect(onDisk()).toBe(TEXT.replace('GET /old', 'GET /new'));
  expect(readdirSync(folder.path).filter((name) => name.includes('tmp'))).toEqual([]);

  // A run under way ends as it began; after one that came later, the next asks anew.
  await replaced;
  const asked = shop.requests.length;
  for (let runs = 0; runs < 2; runs++) await watcher.event(({ type }) => type === 'run', 10_000);
  expect(shop.requests.slice(asked).at(-1)).toBe('GET /new');
  await watcher.monitorIn('passing', KEY, 10_000);
  expect(complaints).toEqual([]);
});

test('a change on the disk meanwhile is not overwritten unseen', async () => {
  const theirs = onDisk().replace("'Shop'", 'Their shop');
  writeFileSync(file, theirs);
  await page.getByLabel('Name', { exact: true }).fill('Mine');
  await page.keyboard.press('Enter');
  await page.getByText('Changed, not saved yet.').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('heading', { name: 'Somebody else changed the file meanwhile' }).waitFor();
  expect(onDisk()).toBe(theirs);
  await page.getByRole('button', { name: 'Take theirs, drop mine' }).click();
  await page.getByText('As it is on the disk.').waitFor();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Their shop');
});
