import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Escaping, render, template } from '../language/template.ts';
import { flat } from './code.ts';
import { textCode, valueCode } from './expression.ts';
import { Refused } from './refusal.ts';
import { NAMES, scope, templateText } from './testing/arbitraries.ts';
import { evaluate, set, values } from './testing/evaluate.ts';

test.each<Escaping>(['none', 'url', 'header', 'json', 'xml'])(
  'a template gives in a script what it gives in the engine (%s)',
  (escaping) => {
    values.clear();
    for (const [key, value] of Object.entries(NAMES)) set(key, value);
    fc.assert(
      fc.property(templateText, (written) => {
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
