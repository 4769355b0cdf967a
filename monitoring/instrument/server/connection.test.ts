import { expect, test } from '@jest/globals';
import { parseAuthority } from './connection.ts';

test.each([
  ['shop.example.com', 'http', 'shop.example.com', 80],
  ['shop.example.com', 'https', 'shop.example.com', 443],
  ['shop.example.com:8080', 'https', 'shop.example.com', 8080],
  ['[::1]:8080', 'http', '::1', 8080],
  ['', 'http', '', undefined],
  ['a b:c:d', 'http', '', undefined],
])('%j over %s', (authority, scheme, address, port) => {
  expect(parseAuthority(authority, scheme)).toEqual({ address, port });
});
