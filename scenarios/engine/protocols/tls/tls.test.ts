import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, expect, test } from '@jest/globals';
import { makeCertificate, type TestCertificate } from '../testing/certificates.ts';
import { judged, performStep } from '../testing/perform-step.ts';

const DAY_MS = 86_400_000;
const authority = makeCertificate({ name: 'Test Authority', authority: true });
const open: (() => void)[] = [];

afterAll(() => {
  for (const close of open) close();
});

async function serve({ cert, key }: TestCertificate): Promise<string> {
  const server = createServer({ cert, key }, (socket) => socket.on('error', () => socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const localhost = { name: 'localhost', names: ['localhost', '127.0.0.1'], issuer: authority };
const look = (address: string, tls: object = {}) =>
  performStep({ tls: { address, ...tls } }, { allowed: [`tls://${address}`], connection: { ca: authority.cert } });

test('a trusted certificate is shown with its end, names and chain', async () => {
  const address = await serve(makeCertificate({ ...localhost, validForMs: 5 * DAY_MS }));
  const { exchange, error, timings } = await look(address);
  expect(error).toBeNull();
  expect(exchange!.certificate).toMatchObject({
    subject: 'CN=localhost',
    issuer: 'CN=Test Authority',
    names: ['localhost', '127.0.0.1'],
    trusted: true,
  });
  expect(exchange!.response.json).toMatchObject({ value: { tls_version: 'TLSv1.3', serial: expect.any(String) } });
  expect(timings!.tls_ms).toBeGreaterThan(0);
  expect(judged({ certificate: { trusted: true, expires_in: { gt: '4d' } } }, exchange!)).toMatchObject([
    { passed: true },
    { passed: true },
  ]);
  const [soon] = judged({ certificate: { expires_in: { gt: '14d' } } }, exchange!);
  expect(soon).toMatchObject({ passed: false, message: expect.stringContaining('5 days') });
});

test.each([
  ['expired', makeCertificate({ ...localhost, validForMs: -DAY_MS }), 'CERT_HAS_EXPIRED'],
  ['self-signed', makeCertificate({ name: 'localhost', names: ['127.0.0.1'] }), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [
    'issued for another name',
    makeCertificate({ name: 'other', names: ['other.example'], issuer: authority }),
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
])('a certificate that is %s is shown, and not trusted', async (_words, certificate, reason) => {
  const { exchange, error } = await look(await serve(certificate));
  expect(error).toBeNull();
  expect(exchange!.certificate).toMatchObject({ trusted: false, untrusted_reason: reason });
  expect(judged({ certificate: { trusted: true } }, exchange!)[0]).toMatchObject({ passed: false });
});

test('the name of the step is the one that the certificate has to carry', async () => {
  const address = await serve(makeCertificate({ name: 'x', names: ['shop.example'], issuer: authority }));
  const { exchange, request } = await look(address, { servername: 'shop.example' });
  expect(exchange!.certificate).toMatchObject({ trusted: true });
  expect(request!.headers).toEqual({ servername: 'shop.example' });
});

test('a port that speaks no TLS is an error in words', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('220 hello\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  const { exchange, error } = await look(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(exchange).toBeNull();
  expect(error).toMatchObject({
    kind: 'network',
    code: 'TLS_FAILED',
    message: expect.stringContaining('does not speak TLS'),
  });
});
