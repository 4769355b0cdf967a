/**
 * What npm runs before and after it packs a folder: `node deploy/package.mjs prepack|postpack|restore [FOLDER]`.
 *
 * A checkout runs TypeScript as it stands; Node refuses to strip types under node_modules, so a package carries JavaScript
 * and a package.json of its own. That one replaces the checkout's while npm packs. Should npm be interrupted in
 * that second, the next pack puts the checkout's back, and so does `restore`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** The package carries the UI as Vite built it. */
const BUILT_INTO_THE_UI = ['@vitejs/plugin-react', 'react', 'react-dom', 'uplot', 'vite', 'wouter'];

const [event, folder = ROOT] = process.argv.slice(2);
const target = resolve(folder);
const manifestFile = join(target, 'package.json');
const keptFile = join(target, 'dist', 'package.checkout.json');

const events = {
  prepack() {
    restore();
    rmSync(join(target, 'dist'), { recursive: true, force: true });
    compile();
    const checkout = readFileSync(manifestFile, 'utf8');
    requireFiles(JSON.parse(checkout).files);
    writeFileSync(keptFile, checkout);
    writeFileSync(manifestFile, published(checkout));
  },
  postpack: restore,
  restore,
  // npm would tell the registry of the checkout's dependencies and not of the package's.
  prepublishOnly: () => fail('pack first, then publish the package: npm pack && npm publish NAME-VERSION.tgz'),
};
if (!event || !Object.hasOwn(events, event))
  fail(`usage: node deploy/package.mjs ${Object.keys(events).join('|')} [FOLDER]`);
events[event]();

function restore() {
  if (!existsSync(keptFile)) return;
  const checkout = readFileSync(keptFile, 'utf8');
  const current = readFileSync(manifestFile, 'utf8');
  if (current === published(checkout)) writeFileSync(manifestFile, checkout);
  else if (current !== checkout) {
    // Somebody has edited the published form; which of the two is meant is not for a script to say.
    fail(`${manifestFile} was edited while it was being packed. Undo that, or remove ${keptFile} to keep it.`);
  }
  rmSync(keptFile);
}

/** The package.json that goes into the package. */
function published(text) {
  const { scripts, workspaces, devDependencies, allowScripts, overrides, ...manifest } = JSON.parse(text);
  const dependencies = Object.entries(manifest.dependencies).filter(([name]) => !BUILT_INTO_THE_UI.includes(name));
  return `${JSON.stringify(
    {
      ...manifest,
      ...(manifest.exports ? { exports: compiledExports(manifest.exports) } : {}),
      dependencies: Object.fromEntries(dependencies),
    },
    null,
    2,
  )}\n`;
}

function compiledExports(sources) {
  return Object.fromEntries(
    Object.entries(sources).map(([name, file]) => {
      const compiled = file.replace(/^\.\//, './dist/').replace(/\.ts$/, '');
      return [name, { types: `${compiled}.d.ts`, default: `${compiled}.js` }];
    }),
  );
}

function compile() {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, error } = spawnSync(process.execPath, [tsc, '-p', join(target, 'tsconfig.build.json')], {
    stdio: 'inherit',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** npm packs what it finds and says nothing of the rest, such as a UI that was not built. */
function requireFiles(entries) {
  const plain = entries.filter((entry) => !/[!*]/.test(entry));
  const missing = plain.filter((entry) => !existsSync(join(target, entry)));
  if (missing.length > 0) fail(`cannot be packed without ${missing.join(', ')}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
