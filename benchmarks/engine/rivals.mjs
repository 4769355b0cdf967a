#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Installs the rivals of the engine's benchmark into .cache/tools: `node benchmarks/engine/rivals.mjs [name…]`. What is there
 * already stays. k6 needs Go, Hurl needs Rust and the headers of libcurl, libxml2 and libclang, Newman needs npm.
 */
const tools = fileURLToPath(new URL('../../.cache/tools/', import.meta.url));
const newman = `${tools}newman`;

const rivals = {
  k6: {
    executable: `${tools}bin/k6`,
    command: ['go', 'install', 'go.k6.io/k6@v1.8.1'],
    env: { CGO_ENABLED: '0', GOBIN: `${tools}bin` },
  },
  hurl: {
    executable: `${tools}bin/hurl`,
    command: ['cargo', 'install', 'hurl', '--version', '8.0.1', '--locked', '--root', tools],
    env: {},
  },
  newman: {
    executable: `${newman}/node_modules/.bin/newman`,
    command: ['npm', 'install', '--prefix', newman, '--save-exact', '--ignore-scripts', 'newman@6.2.2'],
    env: {},
  },
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(rivals);
const unknown = wanted.filter((name) => !Object.hasOwn(rivals, name));
if (unknown.length > 0) {
  console.error(`no such rival: ${unknown.join(', ')}. There are: ${Object.keys(rivals).join(', ')}`);
  process.exit(2);
}

mkdirSync(newman, { recursive: true });
if (!existsSync(`${newman}/package.json`)) writeFileSync(`${newman}/package.json`, '{ "private": true }\n');
let failed = false;
for (const name of wanted) {
  const { executable, command, env } = rivals[name];
  if (existsSync(executable)) {
    console.log(`${name}: there`);
    continue;
  }
  console.log(`${name}: ${command.join(' ')}`);
  const { status, error } = spawnSync(command[0], command.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status === 0) continue;
  console.error(`${name}: not installed${error ? `: ${error.message}` : ''}`);
  failed = true;
}
process.exit(failed ? 1 : 0);
