import { describe, expect, test } from '@jest/globals';
import { classifyAddress } from './ip-address.ts';
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
  ['64:ff9b::a9fe:a9fe', 'forbidden'],
  ['2002:808:808::', 'public'],
  ['not an address', 'forbidden'],
])('%s is %s', (address, expected) => {
  expect(classifyAddress(address)).toBe(expected);
});
