import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lookAround } from './look-around.ts';

let parent: string;
let repository: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'ringdown-look-around-'));
  repository = join(parent, 'Shop API');
  mkdirSync(repository);
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const write = (file: string, text: string) => {
  mkdirSync(dirname(join(repository, file)), { recursive: true });
  writeFileSync(join(repository, file), text);
};

test('an empty folder gives its name and the usual path', () => {
  expect(lookAround(repository)).toEqual({
    service: 'shop-api',
    openapi: null,
    healthPath: '/healthz',
    server: null,
  });
});

test.each([
  ['package.json', '{"name": "@acme/orders"}', 'orders'],
  ['pyproject.toml', '[project]\nname = "orders_api"\n', 'orders-api'],
  ['go.mod', 'module github.com/acme/orders\n\ngo 1.24\n', 'orders'],
  ['package.json', '{"name": 7}', 'shop-api'],
  ['package.json', '{broken', 'shop-api'],
  ['package.json', '{"name": "@@@"}', 'shop-api'],
])('%s names the service: %s', (file, text, service) => {
  write(file, text);
  expect(lookAround(repository).service).toBe(service);
});

const describing = (paths: object) => JSON.stringify({ openapi: '3.1.0', paths });

test('an OpenAPI description tells which path says whether the service is well', () => {
  write('openapi.json', describing({ '/ping': { get: {} }, '/health': { get: {} }, '/healthz': { post: {} } }));
  expect(lookAround(repository)).toMatchObject({ openapi: 'openapi.json', healthPath: '/health' });
});

test('a description in YAML, in a folder, without such a path', () => {
  write('docs/openapi.yaml', 'openapi: 3.0.3\npaths:\n  /orders: { get: {} }\n');
  expect(lookAround(repository)).toMatchObject({ openapi: 'docs/openapi.yaml', healthPath: '/' });
});

test('a description may name where the service runs', () => {
  const servers = [{ url: '/v1' }, { url: 'https://{tenant}.example.com' }, { url: 'https://api.example.com/v1/' }];
  write('openapi.json', JSON.stringify({ openapi: '3.1.0', servers, paths: {} }));
  expect(lookAround(repository).server).toBe('https://api.example.com/v1');
});

test.each(['[]', '{broken', '{"paths": {}}', '{"openapi": "3.1.0", "paths": []}', 'null'])(
  'what is no description is passed over: %s',
  (text) => {
    write('openapi.json', text);
    expect(lookAround(repository)).toMatchObject({ openapi: null, healthPath: '/healthz' });
  },
);
