/** Rules and workers in a real browser over invented data: what an operator sees of them, and finds. */
import { expect, test } from '@jest/globals';
import { complaints, expectAccessible, inBrowser, open, page, server } from './testing/browser.ts';

inBrowser();

const row = (name: string) => page.locator('tr', { has: page.getByRole('link', { name, exact: true }) });

test('what fires stands first with its value, its limit and its incident, and a filter can be sent to somebody', async () => {
  await open('/rules');
  await page.getByRole('heading', { name: '1 rule fires, 1 is about to, 1 rule cannot be asked' }).waitFor();
  await row('Posts are slow').getByText('812 ms').waitFor();
  await row('Posts are slow')
    .getByText(/Silenced until/)
    .waitFor();
  await row('The queue grows').getByText('the relay does not answer').waitFor();
  await page.getByRole('img', { name: 'last 36 evaluations: 25 well, 2 waiting, 9 firing' }).waitFor();
  await page.getByRole('button', { name: 'Waiting 1' }).click();
  await row('Posts are slow').waitFor({ state: 'detached' });
  await page.getByLabel('Filter by team').selectOption('posts');
  await page.getByText('No rule matches the filter').waitFor();
  expect(new URL(page.url()).search).toBe('?state=pending&team=posts');
  await page.reload();
  await page.getByRole('button', { name: 'Show all 6' }).click();
  await page.getByRole('link', { name: 'Posts are slow' }).waitFor();
  await page.keyboard.press('j');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Posts are slow');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/rules/critical/slow-posts');
});

test('a rule that begins to fire, and a policy that is saved with a mistake, show without reloading', async () => {
  await open('/rules');
  await page.getByText('Live').waitFor();
  server.rules.change('certificate', { state: 'firing', since: new Date().toISOString() });
  server.rules.breakFile();
  server.publish({ type: 'rules', data: { at: new Date().toISOString() } });
  await page.getByRole('heading', { name: /^2 rules fire/ }).waitFor();
  const problems = page.getByRole('region', { name: 'Changed files are not in force: 1 mistake' });
  await problems.getByText('alerts/policies/posts.policy.yaml:14:11').waitFor();
  await problems.getByText('thresold: 500ms').waitFor();
  await expectAccessible('rules with a broken file');
});

test('of a rule one sees every value, who would be told of each, and where it is written', async () => {
  await open('/rules/critical/slow-posts');
  const told = page.getByRole('region', { name: 'Who is told if nobody answers: /v1/posts' });
  await told.getByText('phone of Kim Minji').waitFor();
  await told.getByText('on-call:nights comes to nobody then, so everyone is told.').waitFor();
  await page.getByRole('button', { name: 'Who is told? Of /v1/search' }).click();
  const supposed = page.getByRole('region', { name: 'If this fired now: /v1/search' });
  await supposed.getByText('at once').waitFor();
  await supposed.getByText('It would open an incident.').waitFor();
  expect(new URL(page.url()).searchParams.get('monitor')).toContain('/v1/search');
  await page.getByText('alerts/policies/critical.policy.yaml:8').waitFor();
  await page.getByRole('link', { name: 'Open incident' }).click();
  await page.getByRole('link', { name: 'Open the rule' }).click();
  await page.waitForURL('**/rules/critical/slow-posts?monitor=*');
  expect(server.changes).toEqual([]);
  expect(complaints).toEqual([]);
});

test('a thousand rules come in pages', async () => {
  await open('/rules');
  await page.getByText('Live').waitFor();
  server.rules.grow(1_000);
  server.publish({ type: 'rules', data: { at: new Date().toISOString() } });
  await page.getByRole('button', { name: 'All 1006' }).waitFor();
  expect(await page.locator('[data-row]').count()).toBe(50);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('link', { name: 'Rule 0050' }).waitFor();
  await page.getByText('page 2').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('Rule 0999');
  await page.getByRole('link', { name: 'Rule 0999' }).waitFor();
});

test('a location that nobody serves is said first, with the command that starts a worker there', async () => {
  await open('/workers');
  await page.getByRole('heading', { name: 'Nobody serves tokyo' }).waitFor();
  const seoul = page.getByRole('region', { name: 'seoul' });
  await seoul.getByText('the watcher is 0.1.0').waitFor();
  await seoul.getByRole('link', { name: 'post-journey@local' }).waitFor();
  await page.getByText(/--watcher http:\/\/127\.0\.0\.1:4000 --location tokyo$/).waitFor();
  await page.getByLabel(/^Location/).fill('frankfurt');
  await page.getByText(/--location frankfurt$/).waitFor();
});
