import { expect, test } from '@jest/globals';
import { importOne } from '../testing/import-text.ts';
import { importer } from './index.ts';

test('a test with its environment, variables, conditions and assertions', () => {
  const { written, omissions, text } = importOne(
    importer,
    JSON.stringify({
      name: 'Orders',
      environments: [
        {
          name: 'staging',
          initial_variables: { base: 'https://api.example.com', user: 'kim', password: 'hunter2-long' },
          script: 'log(1)',
        },
      ],
      schedules: [{ interval: '5m' }],
      steps: [
        {
          step_type: 'request',
          note: 'signing in',
          method: 'POST',
          url: '{{base}}/login',
          headers: { 'Content-Type': ['application/json'] },
          body: '{"user":"{{user}}","password":"{{password}}","nonce":"{{uuid}}"}',
          assertions: [
            { source: 'response_status', comparison: 'equal_number', value: 200 },
            { source: 'response_json', property: 'data.items[0].id', comparison: 'not_empty' },
            { source: 'response_headers', property: 'Content-Type', comparison: 'contains', value: 'json' },
            { source: 'response_time', comparison: 'is_less_than', value: '500' },
            { source: 'response_text', comparison: 'magic', value: 1 },
          ],
          variables: [{ source: 'response_json', property: 'token', name: 'token' }],
          scripts: ['assert(1)'],
        },
        { step_type: 'pause', duration: 2 },
        {
          step_type: 'condition',
          left_value: '{{user}}',
          comparison: 'equal',
          right_value: 'kim',
          steps: [
            {
              step_type: 'request',
              method: 'GET',
              url: '{{base}}/me',
              headers: { Authorization: ['Bearer {{token}}'] },
            },
          ],
        },
        { step_type: 'subtest', test_uuid: 'x' },
      ],
    }),
  );
  expect(written).toEqual({
    version: 1,
    id: 'orders',
    name: 'Orders',
    service: 'api.example.com',
    schedule: { every: '5m' },
    secrets: ['API_EXAMPLE_COM_PASSWORD'],
    variables: { user: 'kim' },
    steps: [
      {
        name: 'signing in',
        request: 'POST /login',
        json: { user: '{{ user }}', password: '{{ secrets.API_EXAMPLE_COM_PASSWORD }}', nonce: '{{ $uuid }}' },
        expect: {
          status: 200,
          jsonpath: { '$.data.items[0].id': { count: { gt: 0 } } },
          header: { 'content-type': { contains: 'json' } },
          duration: { lt: '500ms' },
        },
        capture: { token: { jsonpath: '$.token', secret: true } },
      },
      { name: 'waiting', pause: '2s' },
      {
        name: 'GET {{base}}/me',
        if: { value: '{{ user }}', equals: 'kim' },
        request: { method: 'GET', url: '/me', max_redirects: 10 },
        auth: { bearer: '{{ token }}' },
      },
    ],
  });
  expect(text).not.toContain('hunter2');
  expect(omissions.map(({ what }) => what)).toEqual([
    'the step of type subtest',
    'its initial script',
    'a script after the request',
    'the assertion response_text magic 1',
  ]);
});
