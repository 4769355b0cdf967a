import { expect, test } from '@jest/globals';
import { importOne, importText } from '../testing/import-text.ts';
import { importer } from './index.ts';

const check = {
  name: 'List posts',
  checkType: 'API',
  frequency: 5,
  activated: true,
  tags: ['critical', 'two words'],
  locations: ['eu-west-1'],
  degradedResponseTime: 500,
  maxResponseTime: 2000,
  retryStrategy: { maxRetries: 2, baseBackoffSeconds: 3 },
  request: {
    method: 'POST',
    url: 'https://api.example.com/v1/posts',
    followRedirects: true,
    skipSSL: true,
    bodyType: 'JSON',
    body: '{"title":"{{$UUID}}","by":"{{AUTHOR}}"}',
    headers: [{ key: 'X-Api-Key', value: '{{API_KEY}}', locked: true }],
    queryParameters: [{ key: 'page', value: '1' }],
    basicAuth: { username: '', password: '' },
    assertions: [
      { source: 'STATUS_CODE', comparison: 'EQUALS', target: '201' },
      { source: 'JSON_BODY', property: '$.items.length', comparison: 'GREATER_THAN', target: '1' },
      { source: 'JSON_BODY', property: '$.title', comparison: 'NOT_EMPTY', target: '' },
      { source: 'HEADERS', property: 'Content-Type', comparison: 'CONTAINS', target: 'json' },
      { source: 'TEXT_BODY', comparison: 'NOT_CONTAINS', target: 'error' },
    ],
  },
  setupScript: 'x',
};

test('an API check', () => {
  const { written, omissions } = importOne(
    importer,
    JSON.stringify([check, { name: 'home', checkType: 'BROWSER', script: '…' }]),
  );
  expect(written).toEqual({
    version: 1,
    id: 'list-posts',
    name: 'List posts',
    service: 'api.example.com',
    tags: ['critical'],
    schedule: { every: '5m' },
    retry: { times: 2, delay: '3s' },
    secrets: ['API_EXAMPLE_COM_API_KEY'],
    variables: { AUTHOR: '' },
    steps: [
      {
        name: 'checking List posts',
        request: {
          method: 'POST',
          url: '/v1/posts',
          query: { page: '1' },
          headers: { 'X-Api-Key': '{{ secrets.API_EXAMPLE_COM_API_KEY }}' },
        },
        json: { title: '{{ $uuid }}', by: '{{ AUTHOR }}' },
        connection: { verify: false },
        expect: {
          status: 201,
          jsonpath: { '$.items.length': { gt: 1 }, '$.title': { count: { gt: 0 } } },
          header: { 'content-type': { contains: 'json' } },
          body: { not: { contains: 'error' } },
          duration: { lt: '2s' },
        },
        warn: { duration: { lt: '500ms' } },
      },
    ],
  });
  expect(omissions.map(({ what }) => what)).toEqual([
    'the check of type BROWSER',
    'setupScript',
    'the locations eu-west-1',
    'the value of {{AUTHOR}}',
  ]);
});

test('the resources that the command line deploys', () => {
  const { written } = importOne(
    importer,
    JSON.stringify({ resources: [{ type: 'check', logicalId: 'x', payload: check }] }),
  );
  expect(written.id).toBe('list-posts');
  expect(importText(importer, '{}')).toMatchObject({ refused: 'it has no checks' });
});
