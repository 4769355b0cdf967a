import type { GraphqlSpec } from '../engine/protocols/graphql/spec.ts';
import type { Check } from './assertion-code.ts';
import { type Code, literal, mapping, quoted } from './code.ts';
import { textCode, valueCode } from './expression.ts';
import { urlCode } from './http-code.ts';

/** The arguments of `send` for a GraphQL request: a POST with JSON. */
export function graphqlCode(
  { url, route, query, variables, operation, headers }: GraphqlSpec,
  timeoutMs: number | null,
): Code[] {
  const body: [string, Code][] = [
    ['query', textCode(query)],
    ['variables', valueCode(variables)],
    ...(operation ? ([['operationName', textCode(operation)]] as [string, Code][]) : []),
  ];
  return [
    quoted('POST'),
    urlCode(url),
    mapping([
      ['name', quoted(`POST ${route}`)],
      [
        'headers',
        mapping([
          ['accept', quoted('application/graphql-response+json, application/json;q=0.9')],
          ...headers.map(({ name, value }) => [name, textCode(value)] as const),
        ]),
      ],
      ['json', mapping(body)],
      ...(timeoutMs === null ? [] : ([['timeout', literal(timeoutMs)]] as [string, Code][])),
    ]),
  ];
}

/** Errors in the answer fail the step, unless it speaks about them itself. */
export function graphqlChecks({ judgesErrors }: GraphqlSpec): Check[] {
  return judgesErrors ? [] : [['no errors in the answer', 'hasNoErrors(answer)']];
}
