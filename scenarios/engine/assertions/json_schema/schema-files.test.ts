import { expect, test } from '@jest/globals';
import type { Files } from '../../files.ts';
import { answer } from '../testing/answers.ts';
import { assertion } from './index.ts';

const filesOf = (contents: Record<string, unknown>): Files => ({
  text: (path) =>
    Object.hasOwn(contents, path.replace(/^\.\//, ''))
      ? { value: JSON.stringify(contents[path.replace(/^\.\//, '')]) }
      : { error: 'there is no such file' },
  bytes: () => ({ error: 'there is no such file' }),
});
const files = filesOf({
  'schemas/post.json': {
    type: 'object',
    properties: { author: { $ref: '../people/author.json' }, tags: { $ref: './tags.json#/$defs/list' } },
  },
  'people/author.json': {
    required: ['name'],
    properties: { friend: { $ref: 'author.json' }, post: { $ref: '../schemas/post.json' } },
  },
  'schemas/tags.json': { $defs: { list: { items: { $ref: '#/$defs/tag' } }, tag: { type: 'string' } } },
  '../above.json': { $ref: '../../far/above.json' },
  '../../../far/above.json': { type: 'string' },
});

const messages = (path: string, body: unknown) => {
  expect(assertion.check(path, files)).toEqual([]);
  return assertion
    .evaluate(assertion.normalize(path, files), answer(body))
    .filter(({ passed }) => !passed)
    .map(({ message }) => message);
};

test('files refer to files, in circles too', () => {
  const good = { author: { name: 'kim', friend: { name: 'lee' } }, tags: ['a'] };
  expect(messages('./schemas/post.json', good)).toEqual([]);
  expect(messages('./schemas/post.json', { author: { name: 'kim', friend: {} }, tags: [1] }).sort()).toEqual([
    "/author/friend must have required property 'name', found {}",
    '/tags/0 must be string, found 1',
  ]);
  expect(messages('../above.json', 1)).toEqual(['body must be string, found 1']);
});

test('a file that is not there is named', () => {
  expect(assertion.check('./no.json', files)).toMatchObject([
    { message: './no.json cannot be read: there is no such file' },
  ]);
  const lost = filesOf({ 'a.json': { $ref: './b.json' } });
  expect(assertion.check('./a.json', lost)).toMatchObject([
    { message: './a.json refers to a file: b.json cannot be read: there is no such file' },
  ]);
});

test('a file that is nested without end is refused', () => {
  const deep: Files = { ...files, text: () => ({ value: `{"items":${'['.repeat(100_000)}${']'.repeat(100_000)}}` }) };
  expect(assertion.check('./deep.json', deep)).toMatchObject([
    { message: './deep.json is nested deeper than 500 levels' },
  ]);
});
