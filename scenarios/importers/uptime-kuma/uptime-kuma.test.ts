import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { importText } from '../testing/import-text.ts';
import { importer } from './index.ts';

test('monitors of every kind', () => {
  const imported = importText(
    importer,
    JSON.stringify({
      version: '1.23.0',
      notificationList: [{ name: 'x' }],
      monitorList: [
        {
          name: 'Shop',
          type: 'keyword',
          url: 'https://shop.example.com/health',
          method: 'GET',
          interval: 60,
          maxretries: 2,
          retryInterval: 30,
          timeout: 48,
          maxredirects: 5,
          accepted_statuscodes: ['200-299'],
          keyword: 'ok',
          headers: '{"X-A":"1"}',
          basic_auth_user: 'kim',
          basic_auth_pass: 'hunter22',
          ignoreTls: true,
          expiryNotification: true,
          tags: [{ name: 'critical' }],
        },
        {
          name: 'Orders',
          type: 'json-query',
          url: 'https://shop.example.com/orders',
          method: 'POST',
          interval: 20,
          body: '{"a":1}',
          jsonPath: 'items[0].id',
          expectedValue: '7',
          accepted_statuscodes: ['200', '201'],
          maxredirects: 0,
        },
        { name: 'db', type: 'port', hostname: 'db.example.com', port: 5432, interval: 60 },
        {
          name: 'names',
          type: 'dns',
          hostname: 'example.com',
          dns_resolve_server: '1.1.1.1',
          port: 53,
          dns_resolve_type: 'MX',
          interval: 60,
        },
        { name: 'heart', type: 'push', interval: 60 },
      ],
    }),
  );
  if ('refused' in imported) throw new Error(imported.refused);
  const [shop, orders, database, names] = imported.scenarios.map(({ text }) => parse(text));
  expect(shop).toEqual({
    version: 1,
    id: 'shop',
    name: 'Shop',
    service: 'shop.example.com',
    tags: ['critical'],
    schedule: { every: '1m' },
    timeout: '48s',
    retry: { times: 2, delay: '30s' },
    secrets: ['SHOP_EXAMPLE_COM_PASSWORD'],
    steps: [
      {
        name: 'checking Shop',
        request: { method: 'GET', url: '/health', headers: { 'X-A': '1' }, max_redirects: 5 },
        auth: { basic: { username: 'kim', password: '{{ secrets.SHOP_EXAMPLE_COM_PASSWORD }}' } },
        connection: { verify: false },
        expect: { status: '2xx', body: { contains: 'ok' }, certificate: { expires_in: { gt: '14d' } } },
      },
    ],
  });
  expect(orders.steps[0]).toMatchObject({
    request: 'POST /orders',
    json: { a: 1 },
    expect: { status: [200, 201], jsonpath: { '$.items[0].id': 7 } },
  });
  expect(database.steps[0].tcp).toEqual({ address: 'db.example.com:5432' });
  expect(names.steps[0].dns).toEqual({ name: 'example.com', type: 'MX', server: '1.1.1.1:53' });
  expect(imported.omissions.map(({ what }) => what)).toEqual(['notifications', 'the monitor of type push']);
});
