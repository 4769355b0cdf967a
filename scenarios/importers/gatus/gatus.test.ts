import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { importText } from '../testing/import-text.ts';
import { importer } from './index.ts';

const read = (text: string) => {
  const imported = importText(importer, text);
  if ('refused' in imported) throw new Error(imported.refused);
  return { ...imported, written: imported.scenarios.map(({ text: file }) => parse(file)) };
};

test('an endpoint becomes a scenario on its schedule', () => {
  const { written, omissions, baseUrls } = read(`
endpoints:
  - name: front end
    group: core
    url: "https://shop.example.com/health"
    interval: 5m
    headers: { Authorization: "Bearer \${TOKEN}" }
    client: { insecure: true, timeout: 10s }
    conditions:
      - "[STATUS] == 200"
      - "[RESPONSE_TIME] < 150"
      - "[BODY].status == UP"
      - "[BODY].items[0].name == pat(john*)"
      - "len([BODY].items) > 2"
      - "has([BODY].errors) == false"
      - "[CERTIFICATE_EXPIRATION] > 48h"
      - "[CONNECTED] == true"
      - "[DOMAIN_EXPIRATION] > 720h"
    alerts: [{ type: slack }]
`);
  expect(written).toEqual([
    {
      version: 1,
      id: 'core-front-end',
      name: 'core front end',
      service: 'shop.example.com',
      schedule: { every: '5m' },
      secrets: ['TOKEN'],
      steps: [
        {
          name: 'checking core front end',
          request: { method: 'GET', url: '/health', max_redirects: 10 },
          auth: { bearer: '{{ secrets.TOKEN }}' },
          connection: { verify: false },
          timeout: '10s',
          expect: {
            status: 200,
            duration: { lt: '150ms' },
            jsonpath: {
              '$.status': 'UP',
              '$.items[0].name': { matches: '^john.*$' },
              '$.items': { count: { gt: 2 } },
              '$.errors': { exists: false },
            },
            certificate: { expires_in: { gt: '48h' } },
          },
        },
      ],
    },
  ]);
  expect(omissions.map(({ what }) => what)).toEqual(['the condition [DOMAIN_EXPIRATION] > 720h', 'its alerts']);
  expect(baseUrls).toEqual(['https://shop.example.com']);
});

test('addresses of other protocols', () => {
  const { written, omissions } = read(`
endpoints:
  - { name: db, url: "tcp://db.example.com:5432", conditions: ["[CONNECTED] == true"] }
  - { name: names, url: "8.8.8.8", dns: { query-name: example.com, query-type: AAAA }, conditions: ["[DNS_RCODE] == NOERROR"] }
  - { name: cert, url: "tls://example.com:443", conditions: ["[CERTIFICATE_EXPIRATION] > 72h"] }
  - { name: ping, url: "icmp://example.com", conditions: ["[CONNECTED] == true"] }
`);
  expect(written.map(({ steps: [step] }) => step.tcp ?? step.dns ?? step.tls)).toEqual([
    { address: 'db.example.com:5432' },
    { name: 'example.com', type: 'AAAA', server: '8.8.8.8:53' },
    { address: 'example.com:443' },
  ]);
  expect(omissions).toEqual([expect.objectContaining({ item: 'ping', what: 'the address icmp://example.com' })]);
});
