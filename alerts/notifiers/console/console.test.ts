import { describe, expect, test } from '@jest/globals';
import { context } from '../../testing/describe-notifier.ts';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { channel } from './index.ts';

describe('console', () => {
  const print = async (...[over]: Parameters<typeof notification>) => {
    const printed: string[] = [];
    const notifier = channel.create(
      { name: 'c', type: 'console' },
      { ...context, print: (text) => printed.push(text) > 0 },
    );
    const delivery = await notifier.notify(notification(over), new AbortController().signal);
    return { printed, delivery };
  };

  test('prints headline, server error, facts and links as one block', async () => {
    const { printed, delivery } = await print();
    expect(delivery).toEqual({ status: 'accepted' });
    expect(printed).toHaveLength(1);
    expect(printed[0]!.split('\n').slice(0, 3)).toEqual([
      'PAGE  P1 · Reference API · production · writing a post fails: status 500, expected 201',
      '  Server: no such column: author_id',
      '  Failing for: 40 s, 2 attempts',
    ]);
  });

  test('lets no text steer the terminal or fake a line', async () => {
    const { printed } = await print({ page: { ...notification().page, headline: HOSTILE_TEXT, facts: [], links: [] } });
    expect(printed[0]).not.toMatch(/\u001b|\r|\u2028/);
    expect(printed[0]!.split('\n')).toHaveLength(2);
  });

  test('a terminal that nobody reads any more is a failure, so that the next step is called', async () => {
    const notifier = channel.create({ name: 'c', type: 'console' }, { ...context, print: () => false });
    expect(await notifier.notify(notification(), new AbortController().signal)).toMatchObject({ status: 'failure' });
  });
});
