/**
 * Builds the web UI into dashboards/web/dist; does nothing when the sources have not changed since the last build.
 * Runs in `npm install` (script `prepare`), so a missing Vite is said in one line and is no error.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const DIST = join(ROOT, 'dist');
const HASH_FILE = join(DIST, '.sources');

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function hashOfSources(viteVersion) {
  const hash = createHash('sha256').update(viteVersion);
  const files = [
    ...filesUnder(join(ROOT, 'src')),
    ...filesUnder(join(ROOT, 'public')),
    join(ROOT, 'index.html'),
    join(ROOT, 'build.mjs'),
  ].sort();
  for (const file of files) hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function hashOfLastBuild() {
  try {
    return readFileSync(HASH_FILE, 'utf8');
  } catch {
    return null;
  }
}

/** @returns 'built', 'unchanged', or 'unavailable' where Vite is not installed. Rejects when the sources do not build. */
export async function buildWeb() {
  let vite;
  let react;
  try {
    vite = await import('vite');
    react = (await import('@vitejs/plugin-react')).default;
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return 'unavailable';
  }
  const hash = hashOfSources(vite.version);
  if (hashOfLastBuild() === hash) return 'unchanged';
  // React's development build is three times as large and slower; Vite takes it when NODE_ENV says anything else.
  const nodeEnv = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    await build(vite, react);
  } finally {
    if (nodeEnv === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = nodeEnv;
  }
  writeFileSync(HASH_FILE, hash);
  return 'built';
}

async function build(vite, react) {
  await vite.build({
    root: ROOT,
    configFile: false,
    logLevel: 'warn',
    plugins: [react()],
    build: {
      outDir: DIST,
      emptyOutDir: true,
      target: ['chrome123', 'edge123', 'firefox128', 'safari17.5'],
      // `default-src 'self'` allows neither data: addresses nor inline scripts.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  const started = performance.now();
  const outcome = await buildWeb();
  const words = {
    built: `web UI built in ${((performance.now() - started) / 1000).toFixed(1)} s`,
    unchanged: 'web UI unchanged',
    unavailable: 'web UI not built: vite is not installed',
  };
  console.log(words[outcome]);
}
