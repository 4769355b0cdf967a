import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { compilePolicies } from '../compile.ts';
import { type Compiler, TOKEN_PLACEHOLDER } from '../compiler.ts';
import { driftBetween } from '../drift.ts';
import { contextOf, policyOf, sourceOf } from './rules.ts';
import { OWN_RULES, USUAL_RULES } from './usual-rules.ts';

export interface CompilerCase {
  /** Ids of usual rules that the target cannot express at all. */
  refuses: readonly string[];
  /** Ids of those that come near only. */
  approximates: readonly string[];
}

const idOf = (rule: (typeof USUAL_RULES)[number]) => ('id' in rule ? rule.id : 'scenario');

/** What every compiler promises. */
export function describeCompiler(compiler: Compiler, { refuses, approximates }: CompilerCase): void {
  const context = contextOf(compiler);
  const compile = (rules: typeof USUAL_RULES, approximate: boolean) =>
    compilePolicies([sourceOf(policyOf('usual', rules))], compiler, context, approximate);
  const expressible = USUAL_RULES.filter((rule) => !refuses.includes(idOf(rule)));

  describe(compiler.title, () => {
    test('says of each usual rule whether it can be expressed, nearly, or not at all, and why', () => {
      const [refused, near]: [string[], string[]] = [[], []];
      for (const rule of USUAL_RULES) {
        const strict = compile([rule], false);
        const lenient = compile([rule], true);
        for (const { message, line } of [...strict.refusals, ...lenient.approximations]) {
          expect(message.length).toBeGreaterThan(10);
          expect(line).toBeGreaterThan(0);
        }
        if (lenient.refusals.length > 0) {
          refused.push(idOf(rule));
          expect(lenient.files).toEqual([]);
        } else {
          expect(lenient.files.length).toBeGreaterThan(0);
          // What comes near is taken only when that is allowed, and is listed then.
          expect(lenient.approximations.length).toBe(strict.refusals.length);
          expect(strict.files.length > 0).toBe(strict.refusals.length === 0);
          if (strict.refusals.length > 0) near.push(idOf(rule));
        }
      }
      expect({ refused, near }).toEqual({ refused: refuses, near: approximates });
    });

    test('refuses what only Ringdown knows, and then compiles nothing', () => {
      for (const rule of OWN_RULES) {
        const { files, refusals } = compile([expressible[0]!, rule], true);
        expect(files).toEqual([]);
        expect(refusals.map(({ hint }) => hint)).toEqual(['keep it in a policy that is not compiled']);
      }
    });

    test('makes the same files of the same policies, without a secret', () => {
      const once = compile(expressible, true);
      expect(compile(expressible, true)).toEqual(once);
      const text = once.files.map(({ content }) => content).join('\n');
      expect(text).toContain(context.inboundUrl);
      expect(/Bearer/.test(text)).toBe(text.includes(TOKEN_PLACEHOLDER));
      expect(new Set(once.files.map(({ path }) => path)).size).toBe(once.files.length);
      for (const { path, content } of once.files) {
        expect(content.endsWith('\n')).toBe(true);
        if (path.endsWith('.json')) JSON.parse(content);
        if (/\.ya?ml$/.test(path)) parse(content);
      }
    });

    test('names every rule and what comes near in what it compiles', () => {
      for (const rule of expressible) {
        const { files, approximations } = compile([rule], true);
        const text = files.map(({ content }) => content).join('\n');
        expect(text).toContain('usual');
        if (files.some(({ path }) => !path.endsWith('.json')))
          for (const { message } of approximations) expect(text).toContain(message.split('"')[0]);
      }
    });

    test('its items agree with themselves, and tell what is missing, changed or left over', () => {
      const { items } = compile(expressible, true);
      expect(driftBetween(items, items)).toEqual([]);
      expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
      const [first, second, ...others] = items;
      const [aspect] = Object.keys(second!.content);
      const changed = { id: second!.id, content: { ...second!.content, [aspect!]: 'otherwise' } };
      const drifts = driftBetween(items, [changed, { id: 'rule left over', content: {} }, ...others]);
      expect(drifts.map(({ id, kind }) => [id, kind])).toEqual([
        [first!.id, 'missing'],
        [second!.id, 'changed'],
        ['rule left over', 'unknown'],
      ]);
      expect(drifts[1]!.aspects).toEqual([{ aspect, wanted: second!.content[aspect!], found: 'otherwise' }]);
    });
  });
}
