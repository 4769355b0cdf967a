import { Type } from 'typebox';
import { ruleKinds } from './registry.ts';
import { duration, labels, text } from './schema-words.ts';

/** Keys that go with every kind but `scenario`, beside the kind's own. */
export const commonKeys = {
  id: Type.Optional(
    text('What the rule is called in incidents, silences and routes. Unique in the file.', 'slow-posts', {
      pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
      'x-expected': 'lower-case letters, digits and hyphens',
    }),
  ),
  name: Type.Optional(text('For people; the id when absent.', 'Posts are slow', { maxLength: 200 })),
  every: Type.Optional(duration('How often it is evaluated, 1s to 1h; 15s when absent.', '15s')),
  for: Type.Optional(duration('It must hold for so long before it fires; 0s when absent.', '2m')),
  keep_firing_for: Type.Optional(
    duration('It fires on for so long after it stopped holding, against flapping; 0s when absent.', '1m'),
  ),
  no_data: Type.Optional(
    Type.Enum(['keep', 'ok', 'alert'], {
      description:
        'What it means that there is no data: `keep` leaves everything as it is, `ok` ends the alert, `alert` is as bad as the limit. keep when absent.',
      examples: ['keep'],
    }),
  ),
  priority: Type.Optional(
    Type.Enum(['P1', 'P2', 'P3', 'P4'], { description: 'Instead of the policy’s.', examples: ['P2'] }),
  ),
  labels: Type.Optional(labels('On incidents of this rule, beside the policy’s.', { component: 'database' })),
  summary: Type.Optional(
    text(
      'What the page says: `{{ value }}`, `{{ threshold }}` and the labels of the rule are filled in. In its own words when absent.',
      'p95 of {{ http.route }} is {{ value }}',
      { maxLength: 500 },
    ),
  ),
  runbook: Type.Optional(
    text('Link for whoever is called.', 'https://wiki.example.com/slow-posts', {
      pattern: '^https?://',
      'x-expected': 'an http or https URL',
    }),
  ),
  service: Type.Optional(
    text('Whose incident it is. When absent the service that is asked about, or the policy’s id.', 'reference-api'),
  ),
  environment: Type.Optional(text('Where. When absent, what the value’s own label says.', 'production')),
};

/** Schemas of what stands under the keys of the kinds. */
export const kindKeys = Object.fromEntries([...ruleKinds].map(([kind, { schema }]) => [kind, Type.Optional(schema)]));
