import { expect, test } from '@jest/globals';
import { isSecretName, Secrets, secretsIn } from './secrets.ts';

test('a value has one name wherever it stands, also encoded, and stands nowhere', () => {
  const secrets = new Secrets('shop');
  const value = 'p@ss w0rd/1';
  expect(secrets.hide('password', value)).toBe('{{ secrets.SHOP_PASSWORD }}');
  expect(secrets.hide('other', value)).toBe('{{ secrets.SHOP_PASSWORD }}');
  const written = { a: `x ${value} y`, b: [encodeURIComponent(value), Buffer.from(value).toString('base64')] };
  expect(secrets.replace(written)).toEqual({
    a: 'x {{ secrets.SHOP_PASSWORD }} y',
    b: ['{{ secrets.SHOP_PASSWORD }}', '{{ secrets.SHOP_PASSWORD | base64 }}'],
  });
  expect(secrets.blacken(`said ${value}`)).toBe('said …');
});

test('a secret of a service that is known by its address has a name that a scenario may use', () => {
  expect(new Secrets('127.0.0.1').hide('password', 'p@ss w0rd/1')).toBe('{{ secrets.API_127_0_0_1_PASSWORD }}');
});

test('an example that is a plain word is hidden in its place and nowhere else', () => {
  const secrets = new Secrets('shop');
  const hidden = secrets.hide('password', 'secret');
  expect(secrets.replace({ note: 'keep it secret', password: hidden })).toEqual({
    note: 'keep it secret',
    password: '{{ secrets.SHOP_PASSWORD }}',
  });
});

test('values that hold each other do not end up inside of templates', () => {
  const secrets = new Secrets('s3cret-shop');
  secrets.hide('a', 'S3CRET_SHOP');
  secrets.hide('b', 'x S3CRET_SHOP y1');
  expect(secrets.replace('S3CRET_SHOP and {{ secrets.S3CRET_SHOP_A }}')).toBe(
    '{{ secrets.S3CRET_SHOP_A }} and {{ secrets.S3CRET_SHOP_A }}',
  );
});

test('secrets in use are found by their references', () => {
  expect(secretsIn({ b: '{{ secrets.B }}', a: ['x{{secrets.A | base64}}'], c: '{{ name }}' })).toEqual(['A', 'B']);
});

test.each([
  ['password', true],
  ['X-Api-Key', true],
  ['accessToken', true],
  ['client_secret', true],
  ['nextPageToken', false],
  ['page_token', false],
  ['name', false],
  ['tokens_used', false],
])('%s holds a credential: %s', (name, secret) => {
  expect(isSecretName(name)).toBe(secret);
});
