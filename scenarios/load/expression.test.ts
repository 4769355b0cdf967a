import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Escaping, render, type Scope, template } from '../language/template.ts';
import { flat } from './code.ts';
import { textCode, valueCode } from './expression.ts';
import { Refused } from './refusal.ts';
import { evaluate, set, values } from './testing/evaluate.ts';

const NAMES: Record<string, unknown> = {
  text: 'a "b" <c> & ü/한?',
  number: 12.5,
  list: [1, 'x', null],
  user: { id: 7, name: '`${evil}`', deep: { at: '2026-11-23T03:00:00.000Z' } },
  nothing: null,
  dots: '..',
  half: 'x\ud800y',
  breaking: 'a\r\nb: c',
};
const scope: Scope = {
  values: new Map(Object.entries(NAMES)),
  secrets: { KEY: 'k' },
  generators: { now: () => 0, random: () => 0.5 },
  environment: 'staging',
  row: null,
  functions: null,
};

const name = fc.constantFrom(
  'text',
  'number',
  'list',
  'user.id',
  'user.name',
  'user["deep"].at',
  'list[1]',
  'nothing',
  'dots',
  'half',
  'breaking',
  'missing',
  'user.none',
  'secrets.KEY',
  '"quoted"',
  '5',
  '$env',
);
const filter = fc.constantFrom(
  '',
  ' | string',
  ' | number',
  ' | json',
  ' | url',
  ' | base64',
  ' | base64url',
  ' | upper | lower',
  ' | trim',
  ' | default("none")',
  ' | default(user.id)',
  ' | sha256',
  ' | sha256("base64url")',
  ' | hmac_sha256(secrets.KEY, "base64")',
  ' | date("yyyy-MM-dd\'T\'HH:mm:ss.SSS")',
  ' | date("http")',
  ' | date("unix")',
);
const piece = fc.oneof(
  fc.tuple(name, filter).map(([source, change]) => `{{ ${source}${change} }}`),
  fc.constantFrom('plain', '/', '?q=', '`', '${x}', '\\', '\n', '\r\n', "'", '"', '\u2028', ' '),
);

test.each<Escaping>(['none', 'url', 'header', 'json', 'xml'])(
  'a template gives in a script what it gives in the engine (%s)',
  (escaping) => {
    values.clear();
    for (const [key, value] of Object.entries(NAMES)) set(key, value);
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
        const written = pieces.join('');
        const compiled = template(written, escaping);
        const rendered = render(compiled, scope);
        const run = () => evaluate(flat(valueCode(compiled)), { secrets: scope.secrets, ENVIRONMENT: 'staging' });
        if ('value' in rendered) expect({ written, value: run() }).toEqual({ written, value: rendered.value });
        else expect(run).toThrow();
        if ('error' in rendered && rendered.error.code === 'undefined') {
          expect(undefinedName(run)).toBe(true);
        }
      }),
      { numRuns: 1_500, seed: 4 },
    );
  },
);

function undefinedName(run: () => unknown): boolean {
  try {
    run();
  } catch (error) {
    return (error as { undefinedName?: boolean }).undefinedName === true;
  }
  return false;
}

test.each([
  ['{{ $uuid }}', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  ['{{ $random_string(8) }}', /^[a-z0-9]{8}$/],
  ['{{ $random_int(3, 3) }}', /^3$/],
  ['{{ $timestamp }}', /^\d{10}$/],
  ['{{ $timestamp_ms }}', /^\d{13}$/],
  ['{{ $now }}', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/],
  ['{{ $now("+1h30m", "yyyy-MM-dd HH:mm") }}', /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$/],
  ['{{ $now("unix_ms") }}', /^\d{13}$/],
])('%s makes a value', (written, form) => {
  expect(String(evaluate(textCode(template(written))))).toMatch(form);
});

test.each(['{{ $faker("person.firstName") }}', '{{ $call("sign", "x") }}'])('%s is refused', (written) => {
  expect(() => valueCode(template(written))).toThrow(Refused);
});

test('structures keep their types and odd keys', () => {
  const value = { a: [1, null, '{{ number }}'], __proto__: { x: '{{ text }}' }, 'b c': true };
  Object.defineProperty(value, '__proto__', { value: { x: '{{ number }}' }, enumerable: true });
  const compiled = template(value);
  const wanted = render(compiled, scope) as { value: object };
  const made = evaluate(flat(valueCode(compiled))) as object;
  expect(JSON.stringify(made)).toBe(JSON.stringify(wanted.value));
});
