/** The built UI in a real browser over invented data: what people see, in both themes, on a phone, by keyboard. */
import { describe, expect, test } from '@jest/globals';
import { complaints, context, expectAccessible, expectSoon, inBrowser, open, page, server } from './testing/browser.ts';
import { fixtureIncidents } from './testing/fixture-incidents.ts';
import { FIXTURE_TOKEN } from './testing/fixture-server.ts';

const FAILING = 'post-journey@local';

inBrowser();

const row = (name: string) => page.locator('tr', { has: page.getByRole('link', { name, exact: true }) });

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
  ['rules', () => '/rules', 'about to'],
  ['rule', () => '/rules/critical/slow-posts', 'phone of Kim Minji'],
  ['workers', () => '/workers', 'Start another worker'],
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
  }, 600_000);
});

test('trouble in the watcher itself stands above every page, until it is over', async () => {
  await open('/on-call', 'phone');
  await page.locator('.connection[data-status=live]').waitFor({ state: 'attached' });
  const message =
    'the data directory /var/lib/ringdown cannot be written: EROFS: read-only file system. Mend its mount';
  const [like] = fixtureIncidents(Date.now(), [server.monitor(FAILING)]);
  const own = {
    ...like!,
    id: 'inc-own',
    state: 'triggered' as const,
    service: 'ringdown',
    environment: 'watcher',
    cause: { ...like!.cause, message },
  };
  server.publish({ type: 'incident', data: own });
  await page.getByText(message).waitFor();
  await expectAccessible('trouble in the watcher');
  expect(await page.getByRole('link', { name: 'Open the incident' }).getAttribute('href')).toBe('/incidents/inc-own');
  server.publish({ type: 'incident', data: { ...own, state: 'resolved' as const } });
  await page.getByText(message).waitFor({ state: 'detached' });
});

test('empty screens say what would fill them', async () => {
  await open('/', 'light', { empty: true });
  await page.getByText('Nothing is watched yet').waitFor();
  await page.getByText('No phone rings yet.').waitFor();
  await expectAccessible('empty board');
  for (const [path, text] of [
    ['/incidents', 'Nothing is open'],
    ['/rules', 'No policy has a rule'],
    ['/workers', 'No scenario names another location'],
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
