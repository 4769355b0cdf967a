import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { createLinkSigner, LINK_LIFETIME_MS } from './signed-link.ts';

const link = { incident: 'inc-0123456789abcdef0123', channel: 'mail' };

test('a link opens its incident for seven days, then says that it has expired', async () => {
  const clock = new VirtualClock();
  const signer = createLinkSigner('the watcher’s token', clock);
  const token = signer.sign(link);
  expect(token).toMatch(/^[\w-]+\.[\w-]+$/);
  await clock.advance(LINK_LIFETIME_MS - 1);
  expect(signer.open(token)).toEqual({ valid: true, ...link });
  await clock.advance(1);
  expect(signer.open(token)).toEqual({ valid: false, why: 'expired' });
});

test('a link with any character changed, left out or added opens nothing', () => {
  const signer = createLinkSigner('the watcher’s token', new VirtualClock());
  const token = signer.sign(link);
  const forged = { valid: false, why: 'forged' };
  for (let index = 0; index < token.length; index++) {
    for (const other of ['A', 'b', '-', '.', '']) {
      const changed = token.slice(0, index) + other + token.slice(index + 1);
      if (changed !== token) expect([index, other, signer.open(changed)]).toEqual([index, other, forged]);
    }
  }
  for (const other of ['', '.', `${token}A`, `${token}.`, `${token}=`, 'x'.repeat(1_000_000)]) {
    expect(signer.open(other)).toEqual(forged);
  }
});

test('a link of another secret opens nothing', () => {
  const clock = new VirtualClock();
  const token = createLinkSigner('one', clock).sign(link);
  expect(createLinkSigner('two', clock).open(token)).toEqual({ valid: false, why: 'forged' });
});
