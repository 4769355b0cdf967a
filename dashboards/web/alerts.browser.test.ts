/** Incidents, silences and on-call in a real browser over invented data: what people do, and what they see of it. */
import { expect, test } from '@jest/globals';
import { complaints, expectAccessible, expectSoon, inBrowser, open, page, server } from './testing/browser.ts';

inBrowser();

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
  await banner.getByText(/Silenced until .*\d\d:\d\d.* by kim/).waitFor();
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
  const records = page.getByRole('region', { name: 'Newest records when it fired' });
  await records.getByText('slow query: select * from posts took 790 ms').waitFor();
  const ofRecord = `/traces/${'ab'.repeat(16)}`;
  expect(await records.getByRole('link', { name: 'Trace' }).getAttribute('href')).toBe(ofRecord);
  for (const id of ['inc-rule', 'inc-inbound']) {
    await page.goto(`${server.url}/incidents/${id}`);
    await page.getByText('Failing now').waitFor();
    const links = await page.locator('main a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    const ofRuns = links.filter((href) => /^\/(runs|traces|monitors)\//.test(href!));
    expect(ofRuns).toEqual(id === 'inc-rule' ? [ofRecord] : []);
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
  await expectSoon(async () => (await primary.getByRole('list', { name: /^Week of/ }).count()) === 4);
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
