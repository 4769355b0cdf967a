import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TSchema } from 'typebox';
import { PolicySchema } from '../../alerts/policies/schema.ts';
import { PolicyTestSchema } from '../../alerts/simulation/schema.ts';
import { loadEntrySchemas } from '../../app/config/entry-schemas.ts';
import { configSchema } from '../../app/config/schema.ts';
import { FragmentSchema, ScenarioSchema } from '../../scenarios/language/schema.ts';

/** The published JSON Schemas, for completion and hover in editors. A further file format is a further line here. */
const published: { file: string; schema: TSchema }[] = [
  { file: 'scenario.schema.json', schema: ScenarioSchema },
  { file: 'steps.schema.json', schema: FragmentSchema },
  { file: 'policy.schema.json', schema: PolicySchema },
  { file: 'policy-test.schema.json', schema: PolicyTestSchema },
  { file: 'config.schema.json', schema: configSchema((await loadEntrySchemas()).schemas) },
];

/** The text of a schema file: draft 2020-12, one trailing line break. */
function schemaText(file: string, schema: TSchema): string {
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: file };
  return `${JSON.stringify(forEditors({ ...head, ...schema }), null, 2)}\n`;
}

/** Editors show `description` with its back-quotes escaped, and `markdownDescription` as it is meant. */
function forEditors(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(forEditors);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, NOT_SCHEMAS.has(key) ? value : forEditors(value)]),
  );
  const { description, maxProperties } = copy;
  const marked = typeof description === 'string' && /[`_*<]|\{\{/.test(description);
  if (marked) copy.markdownDescription = description;
  if (maxProperties !== 1 || 'not' in copy) return copy;
  // The language server counts the key that is about to be written, and would offer none.
  const { maxProperties: _, ...open } = copy;
  return { ...open, not: { minProperties: 2 } };
}

const NOT_SCHEMAS = new Set(['examples', 'enum', 'const', 'default', 'defaultSnippets', 'required']);

/** Files that are missing or not what the schemas in the code say. */
export function staleFiles(): string[] {
  return published
    .filter(({ file, schema }) => {
      const path = new URL(file, import.meta.url);
      return !existsSync(path) || readFileSync(path, 'utf8') !== schemaText(file, schema);
    })
    .map(({ file }) => file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const stale = staleFiles();
    for (const file of stale) console.error(`docs/schemas/${file} is out of date: run npm run generate`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const { file, schema } of published) writeFileSync(new URL(file, import.meta.url), schemaText(file, schema));
  }
}
