import { expect, test } from '@jest/globals';
import { importOne, importText } from '../testing/import-text.ts';
import { importer } from './index.ts';

test('a workflow with captures, checks and an environment', () => {
  const { written, omissions } = importOne(
    importer,
    `
version: "1.1"
name: Shop
env: { host: api.example.com, apiKey: k-123456789 }
tests:
  orders:
    steps:
      - name: signing in
        http:
          url: https://\${{env.host}}/login
          method: POST
          json: { user: kim, email: "\${{internet.email}}" }
          headers: { X-Key: "\${{env.apiKey}}" }
          captures:
            token: { jsonpath: $.token }
            page: { selector: h1 }
          check:
            status: /^20/
            headers: { Content-Type: /json/ }
            jsonpath:
              $.items: [{ isArray: true }]
              $.count: [{ gte: 1 }, { lt: 10 }]
            json: { user: { name: kim } }
            performance: { total: [{ lte: 500 }] }
            schema: { type: object }
            captures: { x: 1 }
      - name: reading
        http:
          url: https://\${{env.host}}/orders
          auth: { bearer: { token: "\${{captures.token}}" } }
          check: { status: 200 }
`,
  );
  expect(written).toEqual({
    version: 1,
    id: 'shop-orders',
    name: 'Shop: orders',
    service: 'api.example.com',
    secrets: ['API_EXAMPLE_COM_ENV_API_KEY'],
    steps: [
      {
        name: 'signing in',
        request: { method: 'POST', url: '/login', headers: { 'X-Key': '{{ secrets.API_EXAMPLE_COM_ENV_API_KEY }}' } },
        json: { user: 'kim', email: '{{ $faker("internet.email") }}' },
        expect: {
          status: '2xx',
          header: { 'content-type': { matches: 'json' } },
          jsonpath: { '$.items': { type: 'array' }, '$.count': { gte: 1, lt: 10 }, '$.user.name': 'kim' },
          duration: { lte: '500ms' },
          json_schema: { type: 'object' },
        },
        capture: { token: { jsonpath: '$.token', secret: true }, page: { css: 'h1' } },
      },
      {
        name: 'reading',
        request: { method: 'GET', url: '/orders', max_redirects: 10 },
        auth: { bearer: '{{ token }}' },
        expect: { status: 200 },
      },
    ],
  });
  expect(omissions.map(({ what }) => what)).toEqual(['the check captures']);
});

test('what a workflow says and a scenario does not is listed', () => {
  const workflow = `version: "1.1"
name: Shop
concurrency: 3
config: { loadTest: { phases: [{ duration: 2, arrivalRate: 1 }] }, http: { rejectUnauthorized: false } }
tests:
  one:
    steps:
      - { name: a, retries: { count: 2 }, http: { url: https://shop.example.com/, method: GET, timeout: 5s } }
`;
  const imported = importText(importer, workflow);
  if ('refused' in imported) throw new Error(imported.refused);
  expect(imported.omissions.map(({ what }) => what).sort()).toEqual([
    'concurrency',
    'config.http.rejectUnauthorized',
    'config.loadTest',
    'http.timeout',
    'retries',
  ]);
});
