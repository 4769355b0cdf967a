/** The built UI in a real browser over invented data: what people see, in both themes, on a phone, by keyboard. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { FIXTURE_TOKEN, type FixtureServer, startFixtureServer } from './testing/fixture-server.ts';

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
const FAILING = 'post-journey@local';
const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
} as const;

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

beforeEach(() => {
  complaints = [];
});
afterEach(async () => {
  await context?.close();
  await server?.close();
});

async function open(path: string, look: keyof typeof LOOKS = 'light', options = {}): Promise<void> {
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

const row = (name: string) => page.locator('tr', { has: page.getByRole('link', { name, exact: true }) });

async function expectAccessible(where: string): Promise<void> {
  const axe = new AxeBuilder({ page });
  // Themes differ in colours alone.
  const { violations } = await (where.endsWith('(dark)') ? axe.withRules('color-contrast') : axe).analyze();
  const found = violations.map(
    (one) => `${where}: ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`,
  );
  expect(found).toEqual([]);
}

async function expectSoon(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if (await holds()) return;
    await page.waitForTimeout(100);
  }
  throw new Error('it did not become true within 5 s');
}

const runId = () => server.monitor(FAILING).last_run!.id;
const SCREENS: [string, () => string, string][] = [
  ['status board', () => '/', 'Health'],
  ['monitor', () => `/monitors/${FAILING}`, 'How long a run takes'],
  ['scenario', () => `/monitors/${FAILING}/scenario`, 'As it is on the disk.'],
  ['failing run', () => `/runs/${runId()}`, 'SqliteError: no such column: author_id'],
  ['incidents', () => '/incidents', 'fails with status 500'],
  ['incident', () => '/incidents/inc-1', 'Who was told'],
  ['incident of a rule', () => '/incidents/inc-rule', 'Look at the telemetry'],
  ['incident of another system', () => '/incidents/inc-inbound', 'Open where it came from'],
  ['silences', () => '/silences', 'Stands now, until'],
  ['on-call', () => '/on-call', 'Calendar feed of Nights'],
  ['routes', () => '/telemetry', 'POST /v1/posts'],
  ['requests', () => '/telemetry/requests', 'errors only'],
  ['logs', () => '/telemetry/logs', 'the post could not be written'],
  ['backends', () => '/backends', 'mapper_parsing_exception'],
  ['trace', () => `/traces/${server.monitor(FAILING).last_run!.trace_id}`, 'INSERT posts'],
  ['unknown page', () => '/nowhere', 'There is no such page'],
];

describe.each(['light', 'dark', 'phone'] as const)('%s', (look) => {
  test('every screen can be read by everyone, fits its width, has a title and one heading', async () => {
    await open('/', look);
    for (const [name, path, text] of SCREENS) {
      await page.goto(server.url + path());
      await page.getByText(text).first().waitFor();
      await expectAccessible(`${name} (${look})`);
      expect({ name, headings: await page.locator('h1').count() }).toEqual({ name, headings: 1 });
      expect(await page.title()).toMatch(/^\(1\) .+ · Ringdown$/);
      const overflow = await page.evaluate(() =>
        Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
      );
      expect({ name, overflow }).toEqual({ name, overflow: 0 });
    }
    expect(complaints).toEqual([]);
  });
});

test('empty screens say what would fill them', async () => {
  await open('/', 'light', { empty: true });
  await page.getByText('Nothing is watched yet').waitFor();
  await page.getByText('No phone rings yet.').waitFor();
  await expectAccessible('empty board');
  for (const [path, text] of [
    ['/incidents', 'Nothing is open'],
    ['/silences', 'Nothing is silenced now'],
    ['/silences', 'A silence made above'],
    ['/silences', 'No maintenance is planned'],
    ['/on-call', 'Nobody is on call by a schedule'],
    ['/telemetry', 'No request in this range'],
    ['/telemetry/requests', 'No such request in this range'],
    ['/telemetry/logs', 'No such log record in this range'],
    ['/backends', 'No backend'],
  ]) {
    await page.goto(server.url + path);
    await page.getByText(text!).waitFor();
  }
});

test('without a session there is only the sign-in, and a wrong token is refused', async () => {
  await open('/');
  await context.clearCookies();
  await page.goto(`${server.url}/incidents/inc-1`);
  await page.getByText('npx ringdown token').waitFor();
  await expectAccessible('sign-in');
  await page.getByLabel('Token').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('This is not the token of this watcher.').waitFor();
  await page.getByLabel('Token').fill(FIXTURE_TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /fails with status 500/ }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('a monitor goes red without reloading, is announced, and its row keeps its place', async () => {
  await open('/');
  await page.getByText('Live').waitFor();
  const place = await row('Health').boundingBox();
  const before = server.monitor('health@local');
  const run = {
    ...before.last_run!,
    id: 'run-new',
    status: 'failed' as const,
    started_at: new Date().toISOString(),
    failure: { step: 'health', message: 'status 503, expected 200' },
  };
  server.publish({ type: 'run', data: run });
  server.update('health@local', {
    state: 'failing',
    state_since: run.started_at,
    last_run: run,
    recent_runs: [run, ...before.recent_runs],
  });
  await row('Health').getByText('Failing').waitFor();
  await row('Health').getByText('health: status 503, expected 200').waitFor();
  await page
    .getByTestId('announcer')
    .getByText('Health is failing: status 503, expected 200')
    .waitFor({ state: 'attached' });
  expect(await page.title()).toBe('(2) Status · Ringdown');
  expect((await row('Health').boundingBox())!.y).toBe(place!.y);
  expect(await page.locator('link[rel="icon"]').getAttribute('href')).toBe('/favicon-failing.svg');
});

test('a lost connection is said as such, shows nothing as down, and heals by itself', async () => {
  await open('/');
  await page.getByText('Live').waitFor();
  const states = await page.locator('.cell-state .mark').allInnerTexts();
  server.goAway();
  await page.getByText(/Connection to the watcher lost since \d\d:\d\d:\d\d/).waitFor();
  expect(await page.locator('.cell-state .mark').allInnerTexts()).toEqual(states);
  expect(await page.locator('link[rel="icon"]').getAttribute('href')).toBe('/favicon-unknown.svg');
  await expectAccessible('lost connection');
  server.comeBack();
  await page.getByText('Live').waitFor({ timeout: 30_000 });
  await page.getByText(/Connection to the watcher lost/).waitFor({ state: 'detached' });
});

test('flakiness is shown on the board and on the page of its monitor, with its runs and ranges', async () => {
  await open('/');
  await row('Refresh and revoke a session').getByText('flaky 3.2\u00a0% of 62 runs').waitFor();
  expect(await row('Health').getByText('flaky').count()).toBe(0);
  await page.getByRole('link', { name: 'Refresh and revoke a session' }).click();
  await page.getByText('last 62 runs: 60 passed, 2 flaky').waitFor();
  await page
    .getByText(
      /at a later attempt: 2 of the last 62 runs \(3.2\s%\), 0.12\s% of 20,160 in 7 days, 1.03 attempts a run$/,
    )
    .waitFor();
  const strip = page.getByRole('slider');
  await strip.focus();
  expect(await strip.getAttribute('aria-valuetext')).toMatch(/^passed at attempt 2, /);
  await page.getByText('flaky: passed at attempt 2').waitFor();
});

test('a monitor whose page is held back says by whom', async () => {
  await open('/');
  await page.getByText('Live').waitFor();
  server.update('health@local', { state: 'failing', suppressed_by: FAILING, depends_on: [FAILING] });
  await row('Health').getByText(`Pages nobody while ${FAILING} fails`).waitFor();
  await expectAccessible('board with a page held back');
  await page.getByRole('link', { name: 'Health' }).click();
  await page.getByText(`It pages nobody while ${FAILING}, which it depends on, fails.`).waitFor();
  await page.locator('dd').getByRole('link', { name: FAILING }).click();
  await page.getByRole('heading', { name: 'Write a post and read it back' }).waitFor();
});

test('of a run with data, the rows that passed are folded away until somebody asks', async () => {
  await open('/runs/run-sign-up-41');
  await page.getByText('8 rows of data: 6 passed, 1 failed, 1 not begun.').waitFor();
  const rows = page.locator('.step-title', { hasText: 'row' });
  const folded = await rows.count();
  expect(await page.locator('.step-title', { hasText: 'row 7' }).count()).toBe(folded);
  await page.getByRole('button', { name: 'Show the rows that passed' }).click();
  expect(await rows.count()).toBeGreaterThan(folded * 4);
});

test('a filter narrows the board and says how to widen it again', async () => {
  await open('/');
  await page.getByRole('link', { name: 'Health' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('session');
  await page.getByRole('link', { name: 'Health' }).waitFor({ state: 'detached' });
  await page.keyboard.type(' nothing like it');
  await page.getByRole('button', { name: 'Show all 6' }).click();
  await page.getByRole('link', { name: 'Health' }).waitFor();
  await page.getByRole('button', { name: 'Failing 1' }).click();
  expect(await page.locator('[data-row]', { hasText: 'Health' }).count()).toBe(0);
});

test('a run shows its failing step, every attempt, and a diff with what varies folded away', async () => {
  await open(`/runs/${'run-post-journey-97'}`);
  await page.getByRole('heading', { name: '“write” failed: status 500, expected 201' }).waitFor();
  await page.getByText('"code": "INTERNAL"').first().waitFor();
  await page.getByRole('button', { name: /Attempt 1/ }).click();
  expect(await page.getByRole('button', { name: /Attempt 1/ }).getAttribute('aria-pressed')).toBe('true');
  await page.getByRole('button', { name: 'sign in' }).first().click();
  await page.getByText('POST http://127.0.0.1:8080/v1/sessions').waitFor();
  await page.getByText(/cut: the first \d+\sB are kept as evidence/).waitFor();
  expect(await page.getByText('x-request-id: 7ff21c').count()).toBe(0);
  await page.getByRole('button', { name: '4 lines that vary in every run' }).click();
  await page.getByText('x-request-id: 7ff21c').waitFor();
});

test("the service's spans appear by themselves once telemetry arrives", async () => {
  await open('/runs/run-post-journey-97', 'light', { telemetry: false });
  await page.getByText('looks again by itself').waitFor();
  server.telemetryArrives();
  await page.getByRole('button', { name: /INSERT posts/ }).waitFor();
  await page.getByText('looks again by itself').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Whole run' }).click();
  await page.getByRole('button', { name: /attempt 1/ }).waitFor();
});

test('an incident is acknowledged under a name, which the timeline keeps', async () => {
  await open('/');
  await page.getByRole('link', { name: 'reference-api, local: “write” fails with status 500' }).click();
  await page.getByLabel('Your name, for the timeline').fill('kim');
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('By kim, in the browser').waitFor();
  expect(server.changes).toContain('POST /api/v1/incidents/inc-1/acknowledge');
  expect(await page.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Resolve' }).click();
  await page.getByRole('button', { name: 'Resolve' }).waitFor({ state: 'detached' });
});

test('an open incident is worked on: note, assignee, quiet, and its timeline keeps who did what', async () => {
  await open('/incidents/inc-1');
  await page.getByLabel('Your name, for the timeline').fill('kim');
  await page.getByLabel(/^Note/).fill('The pool is empty.\nIt grows again.');
  await page.keyboard.press('Control+Enter');
  await page.locator('.timeline-note', { hasText: 'The pool is empty.' }).waitFor();
  await page.getByLabel('Assigned to').fill('Minsu');
  await page.keyboard.press('Enter');
  await page.getByText('assigned to Minsu').first().waitFor();
  await page.getByRole('button', { name: '30 min' }).click();
  const banner = page.getByRole('status').filter({ hasText: 'Nobody is told meanwhile' });
  await banner.getByText(/Silenced until \d\d:\d\d:\d\d by kim/).waitFor();
  await expectAccessible('a held incident');
  await page.getByRole('button', { name: 'Escalate now' }).click();
  await page.getByText('kim wants more people to know').waitFor();
  const actions = ['note', 'assign', 'silence', 'escalate'];
  expect(server.changes).toEqual(actions.map((action) => `POST /api/v1/incidents/inc-1/${action}`));
});

test('one is quiet until nine the next morning', async () => {
  await open('/incidents/inc-1');
  const [request] = await Promise.all([
    page.waitForRequest('**/silence'),
    page.getByRole('button', { name: 'until tomorrow 9:00' }).click(),
  ]);
  const wanted = await page.evaluate(() => {
    const day = new Date();
    return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1, 9).toISOString();
  });
  expect(request.postDataJSON()).toMatchObject({ ends_at: wanted });
});

test('an incident becomes a part of another one, where one is led to', async () => {
  await open('/incidents/inc-1');
  const merge = page.getByRole('button', { name: 'Merge' });
  expect(await merge.isDisabled()).toBe(true);
  await page.getByLabel('Merge into').selectOption('inc-rule');
  await merge.click();
  await page.waitForURL('**/incidents/inc-rule');
  await page.goBack();
  await page.getByText('It is part of another incident, which goes on.').waitFor();
  expect(await page.getByLabel(/^Note/).count()).toBe(0);
});

test('why it paged, or did not, is told stage by stage', async () => {
  await open('/incidents/inc-1');
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.getByText('step 1 of policy "critical": push, hook, mail').waitFor();
  await expectAccessible('an explanation');
});

test('an incident without a run leads to no run: to where it came from, or to the telemetry', async () => {
  await open('/incidents/inc-rule');
  await page.getByText('p95 of http.server.request.duration is 812 ms').first().waitFor();
  await page.getByText(/Silenced until .* by Kim: deploying/).waitFor();
  for (const id of ['inc-rule', 'inc-inbound']) {
    await page.goto(`${server.url}/incidents/${id}`);
    await page.getByText('Failing now').waitFor();
    const links = await page.locator('main a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    expect(links.filter((href) => /^\/(runs|traces|monitors)\//.test(href!))).toEqual([]);
  }
  await page.getByRole('link', { name: 'Open where it came from' }).waitFor();
  await page.goto(server.url);
  await page
    .locator('.open-incident', { hasText: 'DiskWillFillIn4Hours' })
    .getByText('alert of alertmanager')
    .waitFor();
  await page
    .locator('.open-incident', { hasText: 'p95 of' })
    .getByText(/Silenced until/)
    .waitFor();
});

test('a silence shows what it matches while it is written, stands, and is ended', async () => {
  await open('/silences');
  const form = page.getByRole('region', { name: 'New silence' });
  const silence = form.getByRole('button', { name: 'Silence' });
  expect(await silence.isDisabled()).toBe(true);
  await form.getByLabel('Value 1').fill('billing');
  await form.getByText('1 open incident would be quiet').waitFor();
  await form.getByRole('link', { name: 'billing, production: DiskWillFillIn4Hours' }).waitFor();
  await form.getByRole('button', { name: 'Add another condition' }).click();
  await form.getByLabel('Label 2').fill('environment');
  await form.getByLabel('Comparison 2').selectOption('!=');
  await form.getByLabel('Value 2').fill('production');
  await form.getByText('No open incident matches').waitFor();
  await form.getByRole('button', { name: 'Remove condition 2' }).click();
  await form.getByLabel('Because').fill('moving disks');
  await page.keyboard.press('Enter');
  const standing = page.getByRole('region', { name: 'Standing' });
  await standing.getByText('moving disks').waitFor();
  await standing.getByRole('button', { name: 'End now: service = billing' }).click();
  await page.getByRole('region', { name: 'Ended today' }).getByText('moving disks').waitFor();
  expect(server.changes.filter((change) => !change.endsWith('/preview'))).toEqual([
    'POST /api/v1/silences',
    'DELETE /api/v1/silences/sil-4',
  ]);
  expect(complaints).toEqual([]);
});

test('maintenance is planned and taken back; that of ringdown.yaml stays', async () => {
  await open('/silences');
  const panel = page.getByRole('region', { name: 'Maintenance windows' });
  await panel.getByText('in ringdown.yaml').waitFor();
  expect(await panel.getByRole('button', { name: 'Take back: Database upgrade' }).count()).toBe(0);
  await panel.getByRole('button', { name: 'Plan one…' }).click();
  await expectAccessible('a new maintenance window');
  await panel.getByLabel('What is done').fill('New disks');
  await panel.getByLabel('Value 1').fill('billing');
  await panel.getByRole('button', { name: 'Plan', exact: true }).click();
  await panel.getByRole('button', { name: 'Take back: New disks' }).click();
  await panel.getByText('New disks').waitFor({ state: 'detached' });
});

test('who is on call, for four weeks in either zone, and who stands in', async () => {
  await open('/on-call');
  const primary = page.getByRole('region', { name: 'Primary' });
  await primary.getByText('Kim Minji', { exact: true }).first().waitFor();
  expect(await primary.getByRole('list', { name: /^Week of/ }).count()).toBe(4);
  await primary.getByText(/\d shifts from now, in words/).click();
  await primary.getByText(/^Ada Okonkwo-Hernández, .+ to .+, override$/).waitFor();
  const before = await primary.locator('.shift-list li').first().textContent();
  await primary.getByRole('button', { name: /^yours/ }).click();
  await expectSoon(async () => (await primary.locator('.shift-list li').first().textContent()) !== before);
  await expectAccessible('shifts in words');

  await primary.getByLabel('Instead of the rotation').selectOption('minsu');
  const year = new Date().getFullYear() + 1;
  await primary.getByLabel('From, Asia/Seoul').fill(`${year}-05-04T09:00`);
  await primary.getByLabel('To', { exact: true }).fill(`${year}-05-05T09:00`);
  await primary.getByRole('button', { name: 'Add override' }).click();
  const remove = primary.getByRole('button', { name: /^Remove override: Minsu/ });
  await remove.click();
  await remove.waitFor({ state: 'detached' });
  await page.getByText('Calendar feed of Minsu').click();
  expect(
    await page
      .getByLabel(/^Subscribe/)
      .last()
      .inputValue(),
  ).toContain('.ics?token=');
  const ours = server.changes.map((change) => change.replace(/ov-\d+/, 'ov'));
  expect(ours).toEqual(['POST /api/v1/on-call/primary/overrides', 'DELETE /api/v1/on-call/primary/overrides/ov']);
});

test('a backend says how it does, why it refused what, and takes its dead letters again after being asked', async () => {
  await open('/backends');
  const elk = page.getByRole('region', { name: 'elk', exact: true });
  await elk.getByText('not sent to: it failed too often').waitFor();
  await elk.getByText(/^next try in \d+\smin$/).waitFor();
  await elk.getByText(/lag 5\smin 12\ss · 4\.8\sMB pending · 180\sMB settled/).waitFor();
  await elk.getByText(/1\u202f200 items \(99\.66\s%\): mapper_parsing_exception/).waitFor();
  await elk.getByText(/3 records, 454\skB on disk/).waitFor();
  await elk.getByRole('button', { name: 'Show' }).click();
  await elk.getByRole('button', { name: 'Replay record 7020' }).waitFor();
  expect(await elk.getByRole('button', { name: /^Replay record/ }).count()).toBe(3);
  await expectAccessible('dead letters');

  await elk.getByRole('button', { name: 'Replay all…' }).click();
  await elk.getByText('Hand over 3 records to elk once more?').waitFor();
  await elk.getByRole('button', { name: 'Cancel' }).click();
  expect(server.changes).toEqual([]);
  await elk.getByRole('button', { name: 'Replay record 8801' }).click();
  await elk.getByText('Hand over this record of 100 refused items to elk once more?').waitFor();
  await expectAccessible('before a replay');
  await elk.getByRole('button', { name: 'Replay', exact: true }).click();
  await elk.getByText('1 record handed over: 100 items delivered.').waitFor();
  await elk.getByRole('button', { name: 'Replay record 8801' }).waitFor({ state: 'detached' });
  await elk.getByRole('button', { name: 'Replay all…' }).click();
  await elk.getByRole('button', { name: 'Replay', exact: true }).click();
  await elk.getByText('2 records handed over: 1\u202f100 items delivered, 4 items refused again.').waitFor();
  expect(server.changes).toEqual(['POST /api/v1/backends/elk/replay', 'POST /api/v1/backends/elk/replay']);

  const local = page.getByRole('region', { name: 'local', exact: true });
  await local.getByText('none: nothing that was refused for good is kept').waitFor();
  await page.getByRole('region', { name: 'aws', exact: true }).getByText('Nothing received yet').waitFor();
  await page.getByText('log group /aws/lambda/billing is not there').waitFor();
  expect(complaints).toEqual([]);
});

test('the latency chart is drawn, tells the run under the pointer, and opens it', async () => {
  await open(`/monitors/${FAILING}`);
  const over = page.locator('.u-over');
  await over.waitFor();
  const drawn = () =>
    page.evaluate(() => {
      const canvas = document.querySelector('canvas')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let blue = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at + 3]! > 200 && data[at + 2]! > data[at]! + 80) blue++;
      return blue;
    });
  await expectSoon(async () => (await drawn()) > 500);
  const box = (await over.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 40);
  await page.getByText(/ · passed$/).waitFor();
  await page.mouse.click(box.x + box.width / 2, box.y + 40);
  await page.waitForURL('**/runs/run-post-journey-*');
});

test('a part that an upgrade took away costs its own place, not the page', async () => {
  await open('/');
  await page.route('**/assets/latency-chart*', (route) => route.abort());
  await page.getByRole('link', { name: 'Health' }).click();
  await page.getByText(/The chart could not be shown/).waitFor();
  await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
  await page.unroute('**/assets/latency-chart*');
  await page.getByRole('button', { name: 'Load again' }).click();
  await page.locator('.u-over').waitFor();
});

test('a monitor is run at once and its history can be walked by keyboard', async () => {
  await open(`/monitors/${FAILING}`);
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.getByText('Started. Its result will appear below.').waitFor();
  expect(server.changes).toContain(`POST /api/v1/monitors/${FAILING}/run`);
  const strip = page.getByRole('slider');
  await strip.focus();
  for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowLeft');
  expect(await strip.getAttribute('aria-valuenow')).toBe('92');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/runs/run-post-journey-92');
  await page.goBack();
  await page.getByRole('button', { name: 'Older' }).click();
  await page.getByText('page 2').waitFor();
});

test('the theme turns through system, light and dark and stays after a reload', async () => {
  await open('/', 'light');
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const system = await background();
  await page.getByRole('button', { name: /^Theme/ }).click();
  await page.getByRole('button', { name: /^Theme: light/ }).click();
  const dark = await background();
  expect(dark).not.toBe(system);
  await page.reload();
  await page.getByRole('button', { name: /^Theme: dark/ }).waitFor();
  expect(await background()).toBe(dark);
});

test('the first stop of the keyboard skips to the content; j walks the rows', async () => {
  await open('/');
  await page.getByRole('link', { name: 'Health' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  // Three open incidents stand above the first monitor.
  for (let row = 0; row < 4; row++) await page.keyboard.press('j');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Health');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/monitors/health@local');
});
