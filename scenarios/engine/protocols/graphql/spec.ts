import Type from 'typebox';
import { closed, text } from '../../../language/schema-words.ts';
import { type Template, template } from '../../../language/template.ts';
import { entriesOf, field } from '../../../language/written.ts';
import type { SpecProblem } from '../../assertions/assertion.ts';
import type { WrittenFields } from '../protocol.ts';
import { operationProblem, querySyntax } from './query.ts';

export interface GraphqlSpec {
  /** Relative to base_url, or absolute. */
  readonly url: Template;
  /** Path as written, without query. */
  readonly route: string;
  readonly query: Template;
  /** Renders to the values by name. */
  readonly variables: Template;
  /** Which of several operations in the query is meant. */
  readonly operation: Template | null;
  readonly headers: readonly { readonly name: string; readonly value: Template }[];
  /** The step says itself what it expects of `errors`, so their being there is no failure by itself. */
  readonly judgesErrors: boolean;
}

export const keys = {
  graphql: Type.Object(
    {
      url: text('Path joined to base_url, or a whole URL of an allowed origin.', '/graphql'),
      query: text('The document: a query or a mutation.', 'query User($id: ID!) { user(id: $id) { name } }', {
        maxLength: 100_000,
      }),
      variables: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          'x-expected': 'a mapping from names to values',
          description: 'Values of the variables; one that is exactly one template keeps its type.',
          examples: [{ id: '{{ id }}' }],
        }),
      ),
      operation: Type.Optional(text('Which operation to run, where the query holds several.', 'User')),
      headers: Type.Optional(
        Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
          'x-expected': 'a mapping from names to values',
          description: 'Request headers.',
          examples: [{ authorization: 'Bearer {{ token }}' }],
        }),
      ),
    },
    {
      ...closed,
      'x-expected': 'a mapping such as { url: /graphql, query: "{ me { name } }" }',
      description:
        'A GraphQL query or mutation, sent as POST with JSON. `errors` in the answer fail the step, unless `expect` says something about `$.errors`.',
      examples: [{ url: '/graphql', query: '{ me { name } }' }],
    },
  ),
};

const OWN_HEADER =
  /^(?:connection|content-length|content-type|expect|host|keep-alive|traceparent|trailer|transfer-encoding|upgrade)$/i;

export function check({ graphql }: WrittenFields): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const url = field(graphql, 'url');
  if (typeof url === 'string' && url !== '' && !/^(?:\/|https?:\/\/|\{\{)/.test(url)) {
    const hint = 'begin with / (joined to base_url) or with http:// or https://';
    problems.push({ path: ['graphql', 'url'], part: 'value', message: `"${url.slice(0, 80)}" is no path`, hint });
  }
  for (const [name] of entriesOf(field(graphql, 'headers'))) {
    const at = { path: ['graphql', 'headers', name], part: 'key' as const };
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) problems.push({ ...at, message: `"${name}" is no header name` });
    else if (OWN_HEADER.test(name))
      problems.push({ ...at, message: `"${name}" is set by ringdown itself`, hint: 'remove it' });
  }
  return [...problems, ...queryProblems(graphql)];
}

function queryProblems(graphql: unknown): SpecProblem[] {
  const query = field(graphql, 'query');
  if (typeof query !== 'string' || query === '') return [];
  // What a template puts in is known at run time alone.
  if (query.includes('{{')) return [];
  const at = { path: ['graphql', 'query'], part: 'value' as const };
  const syntax = querySyntax(query);
  if ('error' in syntax) {
    const { error, offset, line, column } = syntax;
    const message = `not a GraphQL query: ${error} (line ${line}, column ${column} of the query)`;
    return [{ ...at, message, span: { offset, length: 1 } }];
  }
  const operation = field(graphql, 'operation');
  if (typeof operation === 'string' && operation.includes('{{')) return [];
  const problem = operationProblem(syntax.value, typeof operation === 'string' ? operation : null);
  if (!problem) return [];
  return typeof operation === 'string'
    ? [{ path: ['graphql', 'operation'], part: 'value', ...problem }]
    : [{ ...at, ...problem }];
}

export function compile({ graphql, expect }: WrittenFields): GraphqlSpec {
  const {
    url,
    query,
    variables = {},
    operation,
  } = graphql as {
    url: string;
    query: string;
    variables?: unknown;
    operation?: string;
  };
  return {
    url: template(url, 'url'),
    route: routeOf(url),
    // Inside a string of the query, quotes are escaped as in JSON.
    query: template(query, 'json'),
    variables: template(variables),
    operation: operation === undefined ? null : template(operation),
    headers: entriesOf(field(graphql, 'headers')).map(([name, value]) => ({
      name: name.toLowerCase(),
      value: template(String(value), 'header'),
    })),
    judgesErrors: entriesOf(field(expect, 'jsonpath')).some(([path]) =>
      /^\$(?:\.errors|\[["']errors["']\])/.test(path),
    ),
  };
}

function routeOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?]+/, '');
  const query = path.replace(/\{\{.*?\}\}/g, (one) => '\0'.repeat(one.length)).indexOf('?');
  return (query < 0 ? path : path.slice(0, query)) || '/';
}
