/** The scenario editor in a real browser: by form, as YAML, by keyboard, with mistakes and with somebody else at the same file. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { fixtureText } from './testing/fixture-scenario.ts';
import { FIXTURE_TOKEN, type FixtureServer, startFixtureServer } from './testing/fixture-server.ts';

const ID = 'post-journey';
const TEXT = fixtureText(ID);
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

let browser: Browser;
let context: BrowserContext;
let page: Page;
let server: FixtureServer;
let complaints: string[];

beforeAll(async () => {
  execFileSync(process.execPath, [fileURLToPath(new URL('build.mjs', import.meta.url))]);
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args: FLAGS });
});
afterAll(() => browser.close());

beforeEach(async () => {
  complaints = [];
  server = await startFixtureServer();
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|React|Warning/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(`${server.url}/sign-in?token=${FIXTURE_TOKEN}`);
  await page.goto(`${server.url}/monitors/${ID}@local/scenario`);
  await yaml().waitFor();
});
afterEach(async () => {
  await context.close();
  await server.close();
  expect(complaints).toEqual([]);
});

const yaml = () => page.getByRole('textbox', { name: 'Scenario file' });
const save = () => page.getByRole('button', { name: 'Save', exact: true });
const status = (text: string | RegExp) => page.getByRole('status').getByText(text).waitFor();

async function savedAs(text: string): Promise<void> {
  await page.getByText('Saved. The watcher reads it again by itself').waitFor();
  expect(server.scenarios.text(ID)).toBe(text);
}

async function expectAccessible(): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`),
  ).toEqual([]);
}

test('what the form changes is one stretch of the file, shown before it is saved; everything else stays', async () => {
  await page.getByLabel('Every', { exact: true }).fill('2m');
  await page.keyboard.press('Enter');
  await page.getByLabel('Tags, with commas').fill('critical, nightly');
  await page.getByLabel('Retries').fill('2');
  await page.locator('summary', { hasText: 'write' }).click();
  const step = page.locator('details[open]');
  await step.getByLabel('Expected status').fill('202');
  await step.getByLabel('Name of the step').fill('write a post');
  await page.keyboard.press('Tab');
  await page.getByRole('heading', { name: 'What saving changes' }).waitFor();
  await status('Changed, not saved yet.');
  await expectAccessible();
  await save().click();
  await savedAs(
    TEXT.replace('every: 30s', 'every: 2m')
      .replace('[critical, journey]', '[critical, nightly]')
      .replace('times: 1', 'times: 2')
      .replace('status: [200, 201]', 'status: 202')
      .replace('name: write\n', 'name: write a post\n'),
  );
  await page.getByRole('heading', { name: 'What saving changes' }).waitFor({ state: 'detached' });
});

test('a schedule is changed from an interval to cron and taken away, and a quarantine needs its reason', async () => {
  await page.getByRole('button', { name: 'By cron' }).click();
  await page.getByLabel('Cron', { exact: true }).fill('0 3 * * *');
  await page.getByLabel('Time zone').fill('Asia/Seoul');
  await page.getByLabel('Until, that day included').fill('2030-01-31');
  await page.getByLabel('Reason').focus();
  await status('1 mistake: it can be saved when there is none.');
  expect(await save().isDisabled()).toBe(true);
  await page.getByLabel('Reason').fill('upstream is flaky');
  await page.keyboard.press('Enter');
  await status('Changed, not saved yet.');
  await save().click();
  await page.getByText('Saved. The watcher reads it again by itself').waitFor();
  const text = server.scenarios.text(ID);
  expect(text).toContain('cron: "0 3 * * *"');
  expect(text).not.toContain('every: 30s');
  expect(text).toContain('until: 2030-01-31');
  expect(text).toContain('timezone: Asia/Seoul');
  await page.getByRole('button', { name: 'By hand only' }).click();
  await status('Changed, not saved yet.');
  await save().click();
  await page.getByRole('heading', { name: 'What saving changes' }).waitFor({ state: 'detached' });
  expect(server.scenarios.text(ID)).not.toContain('schedule');
});

test('a mistake is marked in its line while one types, told with its hint, and keeps the file from being saved', async () => {
  await yaml().getByText('version').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('nam: x\n');
  const mistake = page.getByRole('list', { name: 'Mistakes' }).getByRole('listitem').first();
  await mistake.getByText('unknown key "nam"').waitFor();
  await mistake.getByText('did you mean "name"?').waitFor();
  await page.locator('.cm-lintRange-error').first().hover();
  await page.locator('.cm-tooltip').getByText('did you mean "name"?').waitFor();
  expect(await page.locator('.cm-lint-marker-error').count()).toBeGreaterThan(0);
  expect(await save().isDisabled()).toBe(true);
  await page.keyboard.press('Control+s');
  await expectAccessible();
  expect(server.changes.filter((change) => change.startsWith('PUT'))).toEqual([]);
  await mistake.getByRole('button', { name: 'line 1' }).click();
  for (let presses = 0; presses < 4; presses++) await page.keyboard.press('Control+z');
  await status('As it is on the disk.');
});

test('by keyboard alone: typed, saved with Ctrl+S; letters that walk lists elsewhere are letters here', async () => {
  await yaml().focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('# jk/jk');
  await status('Changed, not saved yet.');
  await page.keyboard.press('Control+s');
  await savedAs(`${TEXT}# jk/jk`);
  // No trap: the next stop is behind the editor.
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.shadowRoot === null')).toBe(true);
});

test('of a file that somebody else changed meanwhile both versions are shown, and neither is lost', async () => {
  const theirs = TEXT.replace('every: 30s', 'every: 1m');
  server.scenarios.change(ID, theirs);
  await page.getByLabel('Name', { exact: true }).fill('Mine');
  await page.keyboard.press('Enter');
  await status('Changed, not saved yet.');
  await save().click();
  await page.getByRole('heading', { name: 'Somebody else changed the file meanwhile' }).waitFor();
  await page.getByText('nothing was written').first().waitFor();
  expect(server.scenarios.text(ID)).toBe(theirs);
  await expectAccessible();
  await page.getByRole('button', { name: 'Keep mine' }).click();
  await save().click();
  await savedAs(TEXT.replace('"Write a post and read it back"', '"Mine"'));
});

test('what was typed is still there after a look at another page, and can be dropped', async () => {
  await page.getByLabel('Name', { exact: true }).fill('Mine');
  await page.keyboard.press('Enter');
  await status('Changed, not saved yet.');
  await page.getByRole('link', { name: 'Back to the monitor' }).click();
  await page.getByRole('link', { name: 'Scenario', exact: true }).click();
  await status('What you changed before is here again');
  await page.locator('.field[value="Mine"]').waitFor();
  const asked = page.waitForEvent('dialog').then(async (dialog) => {
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
  });
  await page.reload({ timeout: 2_000 }).catch(() => {});
  await asked;
  await page.getByRole('button', { name: 'Discard changes' }).click();
  await status('As it is on the disk.');
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Write a post and read it back');
});

test('a try shows the run as the page of a run does, and is no run of the monitor', async () => {
  await page.getByRole('button', { name: 'Try in local' }).click();
  await page.getByRole('status').getByText('“write” failed: status 500, expected 201').waitFor();
  await page.getByRole('button', { name: /write/ }).last().waitFor();
  await expectAccessible();
  expect(server.changes).toEqual([`POST /api/v1/scenarios/${ID}/try`]);
});

test('a file that came with Ringdown can be read and tried, and says why it cannot be changed', async () => {
  await page.goto(`${server.url}/monitors/health@local/scenario`);
  await page.getByText('This file can only be read here:').waitFor();
  expect(await page.getByLabel('Name', { exact: true }).isDisabled()).toBe(true);
  await yaml().focus();
  await page.keyboard.type('x');
  expect(await save().isDisabled()).toBe(true);
  expect(await page.getByText('As it is on the disk.').count()).toBe(1);
  await expectAccessible();
});

test('the line ends of a file stay as they are', async () => {
  const dos = TEXT.replaceAll('\n', '\r\n');
  server.scenarios.change(ID, dos);
  await page.reload();
  await yaml().waitFor();
  await status('As it is on the disk.');
  await page.getByLabel('Name', { exact: true }).fill('Mine');
  await page.getByLabel('Name', { exact: true }).press('Enter');
  await status('Changed, not saved yet.');
  await yaml().focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('# a\n# b');
  await status('Changed, not saved yet.');
  await save().click();
  await savedAs(`${dos.replace('"Write a post and read it back"', '"Mine"')}# a\r\n# b`);
});
