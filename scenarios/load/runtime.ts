import { existsSync, readFileSync } from 'node:fs';

/** A declaration of the runtime, as it stands in its file. */
interface Declaration {
  readonly name: string;
  readonly text: string;
  readonly uses: ReadonlySet<string>;
}

/** It is JavaScript already: a package carries it beside what was compiled, a checkout beside this file. */
const FOLDER = ['./runtime/', '../../../scenarios/load/runtime/']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url))!;

/** Files of scenarios/load/runtime, in the order in which they stand in a script. */
const FILES = [
  'flow',
  'http',
  'multipart',
  'send-as',
  'digest',
  'aws',
  'grpc',
  'websocket',
  'oauth2',
  'data',
  'templates',
  'generators',
  'randomness',
  'conditions',
  'json-path',
];

const declarations: readonly Declaration[] = FILES.flatMap(declarationsOf);

/** What a script may not call anything else. */
export const runtimeNames: readonly string[] = declarations.map(({ name }) => name);

const MODULES: readonly (readonly [names: readonly string[], statement: (used: string[]) => string])[] = [
  [['check', 'group', 'randomSeed', 'sleep'], (used) => `import { ${used.join(', ')} } from 'k6';`],
  [['crypto'], () => "import crypto from 'k6/crypto';"],
  [['SharedArray'], () => "import { SharedArray } from 'k6/data';"],
  [['encoding'], () => "import encoding from 'k6/encoding';"],
  [['exec'], () => "import exec from 'k6/execution';"],
  [['http'], () => "import http from 'k6/http';"],
  [['grpc'], () => "import grpc from 'k6/net/grpc';"],
  [['Rate'], () => "import { Rate } from 'k6/metrics';"],
  [['ws'], () => "import ws from 'k6/ws';"],
];

/** The declarations that a script needs, and what they need in turn; no others, so that it stays short enough to read. */
export function runtimeFor(script: string): { imports: string; runtime: string } {
  const needed = new Set<string>();
  const need = (names: ReadonlySet<string>) => {
    for (const { name, uses } of declarations) {
      if (!names.has(name) || needed.has(name)) continue;
      needed.add(name);
      need(uses);
    }
  };
  need(identifiersIn(script));
  const runtime = declarations
    .filter(({ name }) => needed.has(name))
    .map(({ text }) => text)
    .join('\n\n');
  const used = identifiersIn(`${script}\n${runtime}`);
  const imports = MODULES.flatMap(([names, statement]) => {
    const found = names.filter((name) => used.has(name));
    return found.length > 0 ? [statement(found)] : [];
  });
  return { imports: imports.join('\n'), runtime };
}

/** Top-level declarations, each with the comment above it. */
function declarationsOf(file: string): Declaration[] {
  const source = readFileSync(new URL(`${file}.js`, FOLDER), 'utf8');
  const found: Declaration[] = [];
  let lines: string[] = [];
  for (const line of source.split('\n')) {
    if (/^import /.test(line) || (line === '' && lines.length === 0)) continue;
    lines.push(line.replace(/^export /, ''));
    if (!endsDeclaration(lines)) continue;
    const text = lines.join('\n');
    const name = /^(?:let|const|class|function) (\w+)/m.exec(text)![1]!;
    const uses = identifiersIn(text);
    found.push({ name, text, uses });
    lines = [];
  }
  return found;
}

/** A declaration ends with a line that is not indented: `}`, `};`, or the only one, which ends in `;`. */
function endsDeclaration(lines: readonly string[]): boolean {
  const last = lines.at(-1)!;
  return /^[}\])]/.test(last) || (/^(?:let|const|class|function) /.test(last) && /[;}]$/.test(last));
}

/** Words of code; those in comments and plain texts are none, those in template literals are. */
function identifiersIn(code: string): Set<string> {
  const bare = code.replace(/\/\*.*?\*\/|^\s*\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'/gms, ' ');
  return new Set(bare.match(/(?<![\w$]|(?<!\.\.)\.)[A-Za-z_$][\w$]*(?![\w$:])/g));
}
