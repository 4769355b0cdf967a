/** A real browser over the built UI and invented data, for `*.browser.test.ts`. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { FIXTURE_TOKEN, type FixtureServer, startFixtureServer } from './fixture-server.ts';

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
const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
} as const;

let browser: Browser;
export let context: BrowserContext;
export let page: Page;
export let server: FixtureServer;
/** What the page said against itself or its security policy. */
export let complaints: string[];

/** Builds the UI and opens a browser before the tests of a file, and closes both. Called once, at its top. */
export function inBrowser(): void {
  beforeAll(async () => {
    execFileSync(process.execPath, [fileURLToPath(new URL('../build.mjs', import.meta.url))]);
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args: FLAGS });
  });
  afterAll(() => browser.close());

  beforeEach(() => {
    complaints = [];
  });
  afterEach(async () => {
    await context?.close();
    await server?.close();
  });
}

/** Signs in and opens a page of a watcher of its own. */
export async function open(path: string, look: keyof typeof LOOKS = 'light', options = {}): Promise<void> {
  server = await startFixtureServer(options);
  context = await browser.newContext({ ...LOOKS[look], reducedMotion: 'reduce' });
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|React|Warning/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(`${server.url}/sign-in?token=${FIXTURE_TOKEN}`);
  await page.goto(server.url + path);
}

export async function expectAccessible(where: string): Promise<void> {
  const axe = new AxeBuilder({ page });
  // Themes differ in colours alone.
  const { violations } = await (where.endsWith('(dark)') ? axe.withRules('color-contrast') : axe).analyze();
  const found = violations.map(
    (one) => `${where}: ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`,
  );
  expect(found).toEqual([]);
}

export async function expectSoon(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if (await holds()) return;
    await page.waitForTimeout(100);
  }
  throw new Error('it did not become true within 5 s');
}
