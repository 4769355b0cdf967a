import { expect, test } from '@jest/globals';
import { isCronExpression } from './cron.ts';

test.each(['* * * * *', '0 2 * * sun', '*/5 8-18 1,15 jan-jun mon-fri', '0 0 L * *', '*/30 * * * * *', '0 0 29 2 *'])(
  '%s is a cron expression',
  (text) => expect(isCronExpression(text)).toBe(true),
);

test.each([
  '',
  'every day',
  '0 0 30 2 *',
  '0-59/0 * * * *',
  '60 * * * *',
  // Counted out one by one, these would take a gigabyte each, and the process with them.
  '1-99999999999 * * * *',
  '* * * * 0-999999999',
  `${'1,'.repeat(200)}2 * * * *`,
])('%s is none', (text) => expect(isCronExpression(text)).toBe(false));
