import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { monitorKey, readMonitorKey } from './instance-key.ts';

fc.configureGlobal({ seed: 20261123 });

const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
const label = fc.oneof(fc.constantFrom('http.route', 'service.name', 'a=b', 'a,b', '"'), fc.string({ minLength: 1 }));
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '/a"}', '…~0123456789abcdef', '{a="b"}', '한글'),
);

test('a key names the same instance when it is read again, whatever its labels are', () => {
  fc.assert(
    fc.property(id, id, fc.dictionary(label, value, { maxKeys: 3, noNullPrototype: true }), (policy, rule, labels) => {
      const key = monitorKey(policy, rule, labels);
      const read = readMonitorKey(key);
      expect(read).toMatchObject({ policy, rule });
      // Where a name is too odd, or the key too long, the instance is known by its key alone.
      if (read!.labels !== null) expect(monitorKey(policy, rule, read!.labels)).toBe(key);
      if (Object.keys(labels).every((name) => !/[=,]/.test(name)) && key.length < 400)
        expect(read!.labels).toEqual(labels);
    }),
  );
});

test('the order of labels does not count, their values do', () => {
  expect(monitorKey('p', 'r', { b: '1', a: '2' })).toBe('rule:p/r{a="2",b="1"}');
  expect(monitorKey('p', 'r', {})).toBe('rule:p/r');
});

test('a long key keeps its beginning, stays apart from others and is text that a database gives back', () => {
  const long = (end: string) => monitorKey('p', 'r', { route: `/${'😀'.repeat(300)}${end}` });
  expect(long('a')).not.toBe(long('b'));
  expect(long('a').length).toBeLessThanOrEqual(400);
  expect(long('a').isWellFormed()).toBe(true);
  expect(long('a').startsWith('rule:p/r{route="/')).toBe(true);
  expect(readMonitorKey(long('a'))).toEqual({ policy: 'p', rule: 'r', labels: null });
});

test('keys of other monitors are none of rules', () => {
  for (const key of ['journey@local', 'inbound:am/x', 'rule:', 'rule:p', '']) expect(readMonitorKey(key)).toBeNull();
});
