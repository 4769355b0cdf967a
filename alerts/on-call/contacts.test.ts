import { expect, test } from '@jest/globals';
import { userOfChannel, userOfContact } from './contacts.ts';
import { onCallOf } from './testing/written.ts';

test('a person is known by what a vendor calls them', () => {
  const onCall = onCallOf(
    'users: { kim: { name: Kim Minji, contacts: { slack: U024BE7LH, mail: Kim@example.com } }, minsu: {} }',
  );
  expect(userOfContact(onCall, 'slack', 'U024BE7LH')?.name).toBe('Kim Minji');
  expect(userOfContact(onCall, 'mail', 'kim@EXAMPLE.com')?.key).toBe('kim');
  expect(userOfContact(onCall, 'slack', 'U0')).toBeUndefined();
  expect(userOfContact(onCall, 'constructor', 'x')).toBeUndefined();
});

test('a channel is a person’s when nobody else is told through it', () => {
  const onCall = onCallOf(
    'users: { kim: { notify: [{ channel: call }, { channel: push }] }, minsu: { notify: [{ channel: push }] } }',
  );
  expect(userOfChannel(onCall, 'call')?.key).toBe('kim');
  expect(userOfChannel(onCall, 'push')).toBeUndefined();
  expect(userOfChannel(onCall, 'nobody')).toBeUndefined();
});
