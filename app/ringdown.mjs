#!/usr/bin/env node
// Plain JavaScript: an old Node must be able to read this file and say what is missing.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

function newerNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const packaged = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  for (let folder = here; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', packaged, 'bin', name);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Most of a start is compiling what the last one compiled; the processes that are started from here inherit it. */
function compileOnce() {
  try {
    process.env.NODE_COMPILE_CACHE ??= join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ringdown');
    module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  } catch {
    // Somebody without a home folder: it starts as well, only slower.
  }
}

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // A checkout may hold a dist of some earlier day; a package holds no sources.
  const source = join(here, 'cli.ts');
  const entry = existsSync(source) ? source : join(here, '..', 'dist', 'app', 'cli.js');
  compileOnce();
  await import(pathToFileURL(entry).href);
} else {
  const node = newerNode();
  if (node) {
    const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    // A terminal sends Ctrl-C to both of us; the child must not take it for two.
    process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
    child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 3)));
  } else {
    console.error(`ringdown needs Node 24 or newer; this is ${process.version}.`);
    console.error(
      'Install Node 24 (https://nodejs.org), or reinstall with optional dependencies: npm install --include=optional',
    );
    process.exit(2);
  }
}
