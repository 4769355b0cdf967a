import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Condition, judge, normalizeCondition } from '../engine/assertions/condition.ts';
import { compileRegex, findRegex } from '../engine/assertions/regex.ts';
import { compileJsonQuery } from '../engine/jsonpath/index.ts';
import { type Escaping, render, template } from '../language/template.ts';
import { flat, inBackticks, literal } from './code.ts';
import { conditionCode } from './condition-code.ts';
import { valueCode } from './expression.ts';
import { jsonPathCode } from './json-path-code.ts';
import { Refused } from './refusal.ts';
import { regexCode } from './regex-code.ts';
import { runtimeFor } from './runtime.ts';
import { condition, jsonValue, NAMES, pattern, scope, searchedText, templateText } from './testing/arbitraries.ts';
import { COMPLIANCE_CASES } from './testing/compliance-suite.ts';
import { k6ForTests } from './testing/install-k6.ts';

const SAMPLES = 1_500;
const sample = <T>(values: fc.Arbitrary<T>) => fc.sample(values, { numRuns: SAMPLES, seed: 6 });

/** An expression, and the JSON of what it must give; `undefined` where it must throw. */
type Expected = readonly [code: string, value: unknown];

function conditions(): Expected[] {
  return sample(fc.tuple(condition, jsonValue)).map(([written, actual]) => {
    const normal = normalizeCondition(written) as Condition;
    const wanted = judge(normal, actual, { kind: '', subject: '' }).every(({ passed }) => passed);
    return [`holds(${flat(literal(actual))}, ${flat(conditionCode(template(normal)))})`, wanted];
  });
}

function patterns(): Expected[] {
  return sample(fc.tuple(pattern, searchedText)).flatMap(([written, text]): Expected[] => {
    const made = regexCode(written);
    if ('error' in compileRegex(written) || 'error' in made) return [];
    const found = findRegex(written, text);
    return [[`${made.code}.test(${flat(literal(text))})`, 'found' in found && found.found]];
  });
}

function templates(): Expected[] {
  const escaping = fc.constantFrom<Escaping>('none', 'url', 'header', 'json', 'xml');
  // Filters of halves of characters are another matter in k6, and in no file of anybody.
  const whole = templateText.filter((written) => !/half \| (?:upper|trim)/.test(written));
  return sample(fc.tuple(whole, escaping)).map(([written, kind]) => {
    const compiled = template(written, kind);
    const rendered = render(compiled, scope);
    return [flat(valueCode(compiled)), 'value' in rendered ? rendered.value : undefined];
  });
}

function queries(): Expected[] {
  return COMPLIANCE_CASES.flatMap(({ selector, document }): Expected[] => {
    const query = compileJsonQuery(selector);
    if ('error' in query) throw new Error(query.error);
    try {
      const { code, singular } = jsonPathCode(selector, 'body');
      const found = query.select(document);
      if ('error' in found) throw new Error(found.error);
      return [[`((body) => ${flat(code)})(${flat(literal(document))})`, singular ? found[0] : found]];
    } catch (error) {
      if (error instanceof Refused) return [];
      throw error;
    }
  });
}

test.each([
  ['queries', queries],
  ['conditions', conditions],
  ['patterns', patterns],
  ['templates', templates],
])('the JavaScript of k6 makes of %s what the engine does', async (_, make) => {
  const expected = make();
  expect(expected.length).toBeGreaterThan(400);
  const cases = expected.map(([code, value]) => `[() => ${code}, ${wantedCode(value)}, \`${inBackticks(code)}\`],`);
  const names = Object.entries(NAMES).map(([name, value]) => `  set('${name}', ${flat(literal(value))});`);
  const body = `const secrets = { KEY: 'k' };
const ENVIRONMENT = 'staging';
const CASES = [
${cases.join('\n')}
];
export default function () {
${names.join('\n')}
  for (const [run, wanted, code] of CASES) {
    let made;
    try {
      made = JSON.stringify(run());
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
    }
    if (made !== wanted) console.error(\`\${code} gave \${made}, wanted \${wanted}\`);
  }
}`;
  const { imports, runtime } = runtimeFor(body);
  expect(await said(`${imports}\n${body}\n${runtime}\n`)).toBe('');
});

function wantedCode(value: unknown): string {
  return value === undefined ? 'undefined' : flat(literal(JSON.stringify(value)));
}

/** What a script says when it runs once. */
async function said(script: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-in-k6-'));
  try {
    // Versions of k6 know different flags for no summary.
    writeFileSync(join(folder, 'script.js'), `${script}export function handleSummary() { return {}; }\n`);
    const flags = ['--address', '127.0.0.1:0', '--quiet', '--no-usage-report', '--log-format', 'raw'];
    return execFileSync(await k6ForTests(), ['run', ...flags, '--log-output', 'stdout', 'script.js'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder },
    }).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
