import { parseQuery } from '../engine/jsonpath/parser.ts';
import type { Call, Operand, Query, Segment, Selector, Test } from '../engine/jsonpath/syntax.ts';
import { type Code, call, flat, literal } from './code.ts';
import { Refused } from './refusal.ts';
import { regexCode } from './regex-code.ts';

/** A JSONPath (RFC 9535) as calls: `at(root, 'items', 0)` for one node, `select(root, 'items', all)` for several. */
export function jsonPathCode(path: string, root: string): { code: Code; singular: boolean } {
  const query = parseQuery(path);
  return { code: queryCode(query, root, root), singular: query.singular };
}

function queryCode({ segments, singular }: Query, from: string, root: string): Code {
  if (segments.length === 0) return singular ? from : call('select', from);
  return call(singular ? 'at' : 'select', from, ...segments.map((segment) => segmentCode(segment, root)));
}

function segmentCode({ descendant, selectors }: Segment, root: string): Code {
  const codes = selectors.map((selector) => selectorCode(selector, root));
  const one = codes.length === 1 ? codes[0]! : call('any', ...codes);
  return descendant ? call('deep', one) : one;
}

function selectorCode(selector: Selector, root: string): Code {
  switch (selector.kind) {
    case 'name':
      return literal(selector.name);
    case 'index':
      return literal(selector.index);
    case 'wildcard':
      return 'all';
    case 'slice': {
      const { start, end, step } = selector;
      return call('slice', literal(start ?? undefined), literal(end ?? undefined), literal(step));
    }
    case 'filter':
      return call('where', `(node) => ${testCode(selector.test, root)}`);
  }
}

function testCode(test: Test, root: string): string {
  switch (test.kind) {
    case 'or':
    case 'and':
      return `(${test.tests.map((one) => testCode(one, root)).join(test.kind === 'or' ? ' || ' : ' && ')})`;
    case 'not':
      return `!${testCode(test.test, root)}`;
    case 'comparison':
      return `compare(${operandCode(test.left, root)}, '${test.operator}', ${operandCode(test.right, root)})`;
    case 'exists': {
      const code = flatQuery(test.query, root);
      return test.query.singular ? `(${code} !== MISSING)` : `(${code}.length > 0)`;
    }
    case 'call':
      return callCode(test.call, root);
  }
}

function operandCode(operand: Operand, root: string): string {
  switch (operand.kind) {
    case 'literal':
      return literal(operand.value) as string;
    case 'query':
      return flatQuery(operand.query, root);
    case 'call':
      return callCode(operand.call, root);
  }
}

function flatQuery(query: Query, root: string): string {
  return flat(queryCode(query, query.root === '$' ? root : 'node', root));
}

function callCode({ name, operands }: Call, root: string): string {
  const codes = operands.map((operand) =>
    operand.kind === 'nodes' ? flatNodes(operand.query, root) : operandCode(operand, root),
  );
  switch (name) {
    case 'length':
      return `lengthOf(${codes[0]})`;
    case 'count':
      return `${codes[0]}.length`;
    case 'value':
      return `only(${codes[0]})`;
    case 'match':
    case 'search': {
      const pattern = operands[1]!;
      if (pattern.kind !== 'literal' || typeof pattern.value !== 'string')
        throw new Refused(`${name}() with a pattern that is not written out`);
      // RFC 9485 §5: a dot stands for anything but a line end.
      const dots = pattern.value.replace(/\\.|\[(?:\\.|[^\]])*\]|\./gsu, (piece) =>
        piece === '.' ? '[^\\n\\r]' : piece,
      );
      const made = regexCode(name === 'match' ? `^(?:${dots})$` : dots);
      if ('error' in made) throw new Refused(`the pattern ${pattern.value}: k6 has nothing like ${made.error}`);
      return `matches(${codes[0]}, ${made.code})`;
    }
  }
}

/** A query as a list of nodes, also where it selects one at most. */
function flatNodes(query: Query, root: string): string {
  return flatQuery({ ...query, singular: false }, root);
}
