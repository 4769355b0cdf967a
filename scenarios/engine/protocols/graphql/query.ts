// The whole of graphql, with schemas and execution, has five times as many modules, which every command would load.
import { GraphQLError } from 'graphql/error';
import { type DocumentNode, Kind, type OperationDefinitionNode, parse } from 'graphql/language';
import { suggestion } from '../../../../core/document/index.ts';

/** Far more than people write. */
const MOST_TOKENS = 20_000;

type Syntax =
  | { readonly value: DocumentNode }
  | { readonly error: string; readonly offset: number; readonly line: number; readonly column: number };

/** Reads a document (GraphQL specification, section 2). */
export function querySyntax(query: string): Syntax {
  try {
    return { value: parse(query, { noLocation: true, maxTokens: MOST_TOKENS }) };
  } catch (thrown) {
    // The parser descends by calling itself, so depth ends its stack before the tokens are counted out.
    if (!(thrown instanceof GraphQLError)) return { error: 'it nests too deeply', offset: 0, line: 1, column: 1 };
    const { positions, locations, message } = thrown;
    const { line = 1, column = 1 } = locations?.[0] ?? {};
    return {
      error: message.replace(/^Syntax Error: /, '').replace(/\.$/, ''),
      offset: positions?.[0] ?? 0,
      line,
      column,
    };
  }
}

/** Which operation would run, or why none can. */
export function operationProblem(
  document: DocumentNode,
  wanted: string | null,
): { message: string; hint?: string } | null {
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const names = operations.flatMap(({ name }) => name?.value ?? []);
  if (operations.length === 0) return { message: 'the query holds no operation', hint: 'for example: { me { name } }' };
  if (wanted === null && operations.length > 1)
    return { message: 'the query holds several operations', hint: `say which one: operation: ${names[0] ?? 'Name'}` };
  const chosen: OperationDefinitionNode | undefined =
    wanted === null ? operations[0] : operations.find(({ name }) => name?.value === wanted);
  if (!chosen) {
    const hint = suggestion(wanted ?? '', names);
    return { message: `the query holds no operation "${wanted}"`, ...(hint ? { hint } : {}) };
  }
  return chosen.operation === 'subscription'
    ? { message: 'a subscription has no single answer', hint: 'use a websocket step' }
    : null;
}
