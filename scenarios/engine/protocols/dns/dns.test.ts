import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type NameServer, shorts, startNameServer, wireName } from '../testing/name-server.ts';
import { judged, performStep } from '../testing/perform-step.ts';

let server: NameServer;
const text = (words: string) => Buffer.concat([Buffer.from([words.length]), Buffer.from(words)]);

beforeAll(async () => {
  server = await startNameServer({
    'a.test': { records: [{ type: 1, ttl: 30, data: Buffer.from([192, 0, 2, 7]) }] },
    'aaaa.test': { records: [{ type: 28, data: Buffer.from('20010db8000000000000000000000001', 'hex') }] },
    'cname.test': { records: [{ type: 5, data: wireName('target.test') }] },
    'mx.test': { records: [{ type: 15, data: Buffer.concat([shorts(10), wireName('mail.test')]) }] },
    'ns.test': { records: [{ type: 2, data: wireName('ns1.test') }] },
    'txt.test': { records: [{ type: 16, data: Buffer.concat([text('v=spf1 '), text('-all')]) }] },
    'srv.test': { records: [{ type: 33, data: Buffer.concat([shorts(1, 2, 5060), wireName('sip.test')]) }] },
    'caa.test': {
      records: [{ type: 257, data: Buffer.concat([Buffer.from([0]), text('issue'), Buffer.from('ca.test')]) }],
    },
    'soa.test': {
      records: [
        {
          type: 6,
          data: Buffer.concat([wireName('ns1.test'), wireName('root.test'), shorts(0, 7, 0, 60, 0, 60, 0, 60, 0, 60)]),
        },
      ],
    },
    '7.2.0.192.in-addr.arpa': { records: [{ type: 12, data: wireName('a.test') }] },
    'empty.test': { records: [] },
    'broken.test': { rcode: 2 },
    'private.test': { rcode: 5 },
    'silent.test': 'silence',
    'garbage.test': Buffer.from('this is no answer'),
  });
});

afterAll(() => server.close());

const ask = (name: string, type?: string, timeoutMs = 5_000) =>
  performStep(
    { dns: { name, ...(type ? { type } : {}), server: server.address } },
    { allowed: [`dns://${server.address}`], timeoutMs },
  );

test.each([
  ['a.test', 'A', [{ address: '192.0.2.7', ttl: 30 }]],
  ['aaaa.test', 'AAAA', [{ address: '2001:db8::1', ttl: 60 }]],
  ['cname.test', 'CNAME', ['target.test']],
  ['mx.test', 'MX', [{ exchange: 'mail.test', priority: 10 }]],
  ['ns.test', 'NS', ['ns1.test']],
  ['txt.test', 'TXT', ['v=spf1 -all']],
  ['srv.test', 'SRV', [{ name: 'sip.test', port: 5060, priority: 1, weight: 2 }]],
  ['caa.test', 'CAA', [expect.objectContaining({ critical: 0, issue: 'ca.test' })]],
  ['soa.test', 'SOA', [expect.objectContaining({ nsname: 'ns1.test', serial: 7 })]],
  ['192.0.2.7', 'PTR', ['a.test']],
])('%s has its %s record', async (name, type, records) => {
  const { exchange, error, request } = await ask(name, type);
  expect(error).toBeNull();
  expect(exchange!.response).toMatchObject({ status: 0, statusName: 'NOERROR', json: { value: records } });
  expect(request).toMatchObject({ method: 'DNS', url: `dns://${server.address}/${name}?type=${type}` });
});

test.each([
  ['missing.test', 3, 'NXDOMAIN'],
  ['broken.test', 2, 'SERVFAIL'],
  ['private.test', 5, 'REFUSED'],
  ['empty.test', 0, 'NOERROR'],
])('%s is answered with response code %i', async (name, status, statusName) => {
  const { exchange, error } = await ask(name);
  expect(error).toBeNull();
  expect(exchange!.response).toMatchObject({ status, statusName, text: '[]' });
  expect(judged({ status: statusName }, exchange!)[0]).toMatchObject({ passed: true });
});

test('a name server that says nothing is given up when the time is up', async () => {
  const { error } = await ask('silent.test', 'A', 100);
  expect(error).toMatchObject({ kind: 'timeout', message: `${server.address} did not answer within 100 ms` });
});

test('bytes that are no answer are called that', async () => {
  const message = `${server.address} sent something that is no DNS answer`;
  expect((await ask('garbage.test')).error).toMatchObject({ code: 'INVALID_RESPONSE', message });
});

test('a closed port says that it is one', async () => {
  const closed = await startNameServer({});
  closed.close();
  const { error } = await performStep(
    { dns: { name: 'a.test', server: closed.address } },
    { allowed: [`dns://${closed.address}`] },
  );
  expect(error).toMatchObject({ code: 'CONNECTION_REFUSED', hint: 'is the name server running?' });
});

test.each(['9.9.9.9', '::1', '[::1]', '[::1]:5353', 'ns.test'])(
  '%s is an address of a name server',
  async (written) => {
    const lookup = (_name: string, done: (error: null, addresses: { address: string; family: number }[]) => void) =>
      done(null, [{ address: '10.0.0.1', family: 4 }]);
    const abort = AbortSignal.abort();
    const { error } = await performStep({ dns: { name: 'a.test', server: written } }, { lookup, abort });
    expect(['TARGET_REFUSED', 'ABORTED']).toContain(error!.code);
  },
);

test('a name server behind a name is asked at the address that the policy has judged', async () => {
  const port = server.address.split(':')[1];
  const step = { dns: { name: 'a.test', server: `ns.test:${port}` } };
  const lookup = (_name: string, done: (error: null, addresses: { address: string; family: number }[]) => void) =>
    done(null, [{ address: '127.0.0.1', family: 4 }]);
  expect((await performStep(step, { allowed: [`dns://ns.test:${port}`], lookup })).error).toBeNull();
  expect((await performStep(step, { lookup })).error).toMatchObject({ kind: 'refused_target' });
});

test('a connection that resolves elsewhere asks no other private address than a listed one', async () => {
  const elsewhere = { allowed: [`dns://10.0.0.9:53`], connection: { resolve: '127.0.0.2' } };
  const { error } = await performStep({ dns: { name: 'a.test', server: '10.0.0.9:53' } }, elsewhere);
  expect(error).toMatchObject({ code: 'TARGET_REFUSED', message: expect.stringContaining('dns://127.0.0.2:53') });
});
