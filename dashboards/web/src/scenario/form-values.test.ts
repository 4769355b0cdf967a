import { expect, test } from '@jest/globals';
import { editOf } from './form-values.ts';

const field = { path: ['a', 'b'], removal: ['a'] };

test.each([
  ['text', ' 30s ', '30s'],
  ['text', '12', '12'],
  ['count', '3', 3],
  ['count', 'three', 'three'],
  ['list', 'critical, a b,,', ['critical', 'a b']],
  ['status', '201', 201],
  ['status', '2xx', '2xx'],
  ['status', '200, 204', [200, 204]],
] as const)('%s “%s” is written as %j', (kind, typed, value) => {
  expect(editOf(field, kind, typed)).toEqual({ path: ['a', 'b'], value });
});

test.each(['text', 'count', 'list', 'status'] as const)('nothing typed into %s takes the entry away', (kind) => {
  expect(editOf(field, kind, '  ')).toEqual({ path: ['a'] });
});
