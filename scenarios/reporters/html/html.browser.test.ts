/** The report as people open it: from a file, in both themes, on a phone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';
import { dataRun, failedRun, hostileRun, journeyRun, passedRun } from '../testing/sample-runs.ts';
import { reporter } from './index.ts';

const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
} as const;

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-html-report-'));
  const page = reporter.create({ colour: false });
  for (const run of [journeyRun, dataRun, failedRun, hostileRun, passedRun]) page.runFinished?.(run);
  writeFileSync(join(folder, 'report.html'), page.finish!()!);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'],
  });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each(Object.keys(LOOKS) as (keyof typeof LOOKS)[])(
  '%s: it is readable by everyone and fits its width',
  async (look) => {
    const context = await browser.newContext({ ...LOOKS[look], bypassCSP: true });
    const page = await context.newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('dialog', (dialog) => complaints.push(dialog.message()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    const url = pathToFileURL(join(folder, 'report.html')).href;
    await page.goto(url);
    await page.locator('details').evaluateAll((all) => {
      for (const details of all) details.setAttribute('open', '');
    });
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBeLessThanOrEqual(0);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`),
    ).toEqual([]);
    expect(asked).toEqual([url]);
    expect(complaints).toEqual([]);
    await context.close();
  },
);
