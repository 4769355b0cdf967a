import { describe, expect, test } from '@jest/globals';
import { classifyAddress } from './ip-address.ts';
import { parseTarget } from './target.ts';
import { createUrlPolicy } from './url-policy.ts';

describe('URL policy', () => {
  const policy = createUrlPolicy(['http://127.0.0.1:8080', 'https://api.corp.example']);

  test.each([
    'http://127.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://0177.0.0.1/',
    'http://127.0.0.1:8081/',
    'https://127.0.0.1:8080/',
    'http://[::1]:8080/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://169.254.169.254/',
    'http://0xa9fea9fe/',
    'http://100.64.0.1/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://10.1.2.3/',
    'http://172.31.0.1/',
    'http://192.168.1.1/',
    'http://0.0.0.0:8080/',
    'http://[::]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://user:pw@example.com/',
    'http://user@example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'ftp://example.com/',
    'http://255.255.255.255/',
    'http://１２７.0.0.1/',
  ])('refuses %s', (url) => {
    expect(policy.checkUrl(new URL(url))).toEqual({ message: expect.any(String), hint: expect.any(String) });
  });

  test.each([
    'http://127.0.0.1:8080/v1',
    'http://2130706433:8080/',
    'https://example.com/',
    'http://8.8.8.8/',
    'https://[2606:4700::1111]/',
  ])('allows %s', (url) => {
    expect(policy.checkUrl(new URL(url))).toBeNull();
  });

  test('a metadata address is refused even where it is listed', () => {
    const listed = createUrlPolicy(['http://169.254.169.254']);
    expect(listed.checkUrl(new URL('http://169.254.169.254/'))).not.toBeNull();
  });
});

describe('targets that are not HTTP', () => {
  const policy = createUrlPolicy([
    'http://127.0.0.1:8080/base/path',
    'https://api.corp.example',
    'grpc://127.0.0.1:50051',
    'tcp://db.corp.example:5432',
    'tcp://[::1]:25',
    'not a target',
  ]);
  /** A target and, behind an arrow, what its name resolves to. */
  const check = (text: string) => {
    const [written, address] = text.split(' → ') as [string, string?];
    const target = parseTarget(written)!;
    return address ? policy.checkAddress(target.origin, address) : policy.checkTarget(target);
  };

  test.each([
    'grpc://127.0.0.1:50051',
    'grpc://127.1:50051',
    'tcp://[::1]:25',
    'tcp://[0:0:0:0:0:0:0:1]:25',
    'tcp://8.8.8.8:25',
    // The service that is watched anyway, whatever is spoken to it.
    'tls://127.0.0.1:8080',
    'grpc://127.0.0.1:8080',
    'ws://127.0.0.1:8080',
    'tcp://db.corp.example:5432 → 10.0.0.5',
    'tls://api.corp.example:443 → 10.0.0.5',
    'wss://api.corp.example → 10.0.0.5',
  ])('%s is allowed', (text) => {
    expect(check(text)).toBeNull();
  });

  test.each([
    'tcp://127.0.0.1:50051',
    'grpc://127.0.0.1:50052',
    'grpcs://127.0.0.1:50051',
    'tcp://0x7f000001:22',
    'tcp://2130706433:22',
    'tcp://169.254.169.254:80',
    'tcp://[::ffff:169.254.169.254]:80',
    'tls://[fd00:ec2::254]:443',
    'wss://127.0.0.1:8080',
    'tcp://db.corp.example:22 → 10.0.0.5',
    'tcp://db.corp.example:5432 → 169.254.169.254',
    'tcp://public.example:5432 → 127.0.0.1',
  ])('%s is refused', (text) => {
    expect(check(text)).toEqual({ message: expect.any(String), hint: expect.any(String) });
  });

  test('a listed port of a database does not open HTTP on it', () => {
    const listed = createUrlPolicy(['tcp://127.0.0.1:6379']);
    expect(listed.checkUrl(new URL('http://127.0.0.1:6379/'))).not.toBeNull();
  });
});

describe('a target as it is written', () => {
  test.each([
    ['tcp://db:5432', 'tcp://db:5432', 'db', 5432, false],
    ['GRPC://DB:80', 'grpc://db:80', 'db', 80, false],
    ['https://api.example', 'https://api.example', 'api.example', 443, true],
    ['https://api.example:80', 'https://api.example:80', 'api.example', 80, true],
    ['http://api.example:80/', 'http://api.example', 'api.example', 80, false],
    ['tls://[::1]:8443', 'tls://[::1]:8443', '::1', 8443, true],
  ])('%s', (written, origin, hostname, port, secure) => {
    expect(parseTarget(written)).toEqual({ origin, hostname, port, secure });
  });

  test.each([
    'tcp://db',
    'db:5432',
    'tcp://user@db:1',
    'tcp://db:1/path',
    'tcp://db:99999',
    'tcp://:1',
    'tcp://db:0',
    '',
  ])('"%s" is none', (written) => {
    expect(parseTarget(written)).toBeNull();
  });
});

test.each([
  ['8.8.8.8', 'public'],
  ['100.63.255.255', 'public'],
  ['100.64.0.0', 'private'],
  ['100.127.255.255', 'private'],
  ['172.15.0.1', 'public'],
  ['172.16.0.1', 'private'],
  ['169.254.1.1', 'forbidden'],
  ['224.0.0.1', 'forbidden'],
  ['::ffff:8.8.8.8', 'public'],
  ['::ffff:a9fe:a9fe', 'forbidden'],
  ['fe80::1%eth0', 'forbidden'],
  ['ff02::1', 'forbidden'],
  ['fc00::1', 'private'],
  ['::7f00:1', 'private'],
  ['2001:4860:4860::8888', 'public'],
  ['64:ff9b::808:808', 'public'],
  ['::ffff:0:a9fe:a9fe', 'forbidden'],
  ['::ffff:0:7f00:1', 'private'],
  ['fd00:c1::a9fe:a9fe', 'forbidden'],
  ['3fff::1', 'private'],
  ['5f00::1', 'private'],
  ['64:ff9b::a9fe:a9fe', 'forbidden'],
  ['2002:808:808::', 'public'],
  ['not an address', 'forbidden'],
])('%s is %s', (address, expected) => {
  expect(classifyAddress(address)).toBe(expected);
});
