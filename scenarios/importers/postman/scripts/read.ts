import { type AnyNode, type CallExpression, type Program, parse } from 'acorn';
import { oneLine } from '../../names.ts';
import { chainOf, expectChain, responseChain } from './chai.ts';
import { dottedName, meaningOf, type Names } from './evaluate.ts';
import { type Claim, EVERY, type Subject, type Value } from './subject.ts';
import { textOf, truth } from './values.ts';

/** What a script does, as far as a scenario can do it. */
export interface ScriptActions {
  /** @returns false when it cannot be demanded beside what is demanded already */
  demand(claim: Claim): boolean;
  /** A value of the response under a name. @returns false when a scenario cannot capture it */
  capture(key: string, subject: Subject): boolean;
  /** A value made by the script. @param text of a scenario */
  set(key: string, text: string): void;
  /** What is left. @param line from 1 */
  omit(line: number, what: string, why: string, instead: string): void;
  readonly names: Pick<Names, 'variable' | 'translate'>;
}

const SETTERS = [
  'pm.environment.set',
  'pm.collectionVariables.set',
  'pm.globals.set',
  'pm.variables.set',
  'postman.setEnvironmentVariable',
  'postman.setGlobalVariable',
];
const HARMLESS =
  /^(console\.\w+|pm\.(environment|collectionVariables|globals|variables)\.(unset|clear)|postman\.clear\w+|pm\.visualizer\.\w+|clearTimeout)$/;
const BY_HAND = 'write it with "expect" or "capture", or as a step of its own';

/** Reads a script of a request without running it. */
export function readScript(text: string, actions: ScriptActions): void {
  let program: Program;
  try {
    program = parse(text, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      locations: true,
      allowAwaitOutsideFunction: true,
      allowReturnOutsideFunction: true,
    });
  } catch (error) {
    actions.omit(1, 'a script', `it is no JavaScript that can be read: ${(error as Error).message}`, BY_HAND);
    return;
  }
  new Reader(text, actions).statements(program.body, new Map());
}

type Bound = Map<string, Value>;

class Reader {
  readonly #text: string;
  readonly #actions: ScriptActions;

  constructor(text: string, actions: ScriptActions) {
    this.#text = text;
    this.#actions = actions;
  }

  statements(nodes: readonly AnyNode[], bound: Bound): void {
    for (const node of nodes) this.#statement(node, bound);
  }

  #statement(node: AnyNode, bound: Bound): void {
    switch (node.type) {
      case 'VariableDeclaration':
        for (const { id, init } of node.declarations) {
          if (id.type === 'Identifier') bound.set(id.name, init ? this.#value(init, bound) : null);
          else if (id.type === 'ObjectPattern' && init) this.#destructure(id, this.#value(init, bound), bound);
        }
        return;
      case 'ExpressionStatement': {
        this.#expression(node.expression, node, bound);
        return;
      }
      case 'BlockStatement':
        this.statements(node.body, bound);
        return;
      case 'TryStatement':
        // What stands in `catch` is for answers that are no JSON: then the claims fail, which says the same.
        this.statements(node.block.body, bound);
        return;
      case 'EmptyStatement':
      case 'FunctionDeclaration':
      case 'ReturnStatement':
        return;
      case 'IfStatement': {
        // `if (body.id) { … }` around claims: what it asks for is what the claims need.
        const asked = this.#value(node.test, bound);
        if (asked?.kind === 'subject' && asked.subject.from === 'json' && !node.alternate) {
          this.#statement(node.consequent, bound);
          return;
        }
        this.#omit(node, 'a scenario does not decide inside a step');
        return;
      }
      default:
        this.#omit(node, 'a scenario has no loops or statements');
    }
  }

  #expression(node: AnyNode, statement: AnyNode, bound: Bound): void {
    if (node.type === 'AwaitExpression') {
      this.#expression(node.argument, statement, bound);
      return;
    }
    if (node.type === 'AssignmentExpression' && node.operator === '=') {
      const { left, right } = node;
      if (left.type === 'Identifier') {
        bound.set(left.name, this.#value(right, bound));
        return;
      }
      if (left.type === 'MemberExpression' && dottedName(left.object) === 'tests') {
        const claims = truth(this.#value(right, bound));
        if (claims) this.#demand(claims, statement);
        else this.#omit(statement, 'what it compares is beyond a scenario');
        return;
      }
      this.#omit(statement, 'a scenario assigns nothing');
      return;
    }
    if (node.type === 'CallExpression') {
      this.#call(node, statement, bound);
      return;
    }
    const claims = this.#chain(node, bound);
    if (claims) {
      this.#demand(claims, statement);
      return;
    }
    if (node.type === 'Literal') return;
    this.#omit(statement, 'what it compares is beyond a scenario');
  }

  #call(node: CallExpression, statement: AnyNode, bound: Bound): void {
    const name = node.callee.type === 'Super' ? null : dottedName(node.callee);
    if (name === 'pm.test' || name === 'pm.test.skip') {
      const body = node.arguments.at(-1);
      if (name === 'pm.test.skip') {
        this.#omit(statement, 'it is skipped in Postman too');
        return;
      }
      if (body && (body.type === 'FunctionExpression' || body.type === 'ArrowFunctionExpression')) {
        if (body.body.type === 'BlockStatement') this.statements(body.body.body, new Map(bound));
        else this.#expression(body.body, body.body, new Map(bound));
        return;
      }
      this.#omit(statement, 'the test is no function that stands here');
      return;
    }
    if (name !== null && SETTERS.includes(name)) {
      this.#set(node, statement, bound);
      return;
    }
    if (name !== null && HARMLESS.test(name)) return;
    if (name === 'pm.sendRequest') {
      this.#omit(statement, 'a script sends a request', 'write that request as a step before this one');
      return;
    }
    if (/^(postman\.setNextRequest|pm\.execution\.setNextRequest)$/.test(name ?? '')) {
      this.#omit(statement, 'a script chooses the next request', 'order the steps, or write "if" or "repeat"');
      return;
    }
    if (name === 'setTimeout') {
      this.#omit(statement, 'a script waits', 'write a step "pause: 1s"');
      return;
    }
    if (this.#loop(node, bound)) return;
    const claims = this.#chain(node, bound);
    if (claims) {
      this.#demand(claims, statement);
      return;
    }
    this.#omit(statement, 'what it does is beyond a scenario');
  }

  /** `list.forEach((item) => { … })`: a claim on every entry. */
  #loop(node: CallExpression, bound: Bound): boolean {
    if (node.callee.type !== 'MemberExpression' || node.callee.property.type !== 'Identifier') return false;
    const name = dottedName(node.callee);
    const [over, body] =
      name === '_.each' || name === '_.forEach'
        ? [node.arguments[0], node.arguments[1]]
        : node.callee.property.name === 'forEach'
          ? [node.callee.object, node.arguments[0]]
          : [];
    if (!over || (body?.type !== 'ArrowFunctionExpression' && body?.type !== 'FunctionExpression')) return false;
    const list = this.#value(over, bound);
    const [item] = body.params;
    if (
      list?.kind !== 'subject' ||
      list.subject.from !== 'json' ||
      item?.type !== 'Identifier' ||
      list.subject.path.includes(EVERY)
    )
      return false;
    const inner = new Map(bound).set(item.name, {
      kind: 'subject',
      subject: { from: 'json', path: [...list.subject.path, EVERY] },
    });
    if (body.body.type === 'BlockStatement') this.statements(body.body.body, inner);
    else this.#expression(body.body, body.body, inner);
    return true;
  }

  #chain(node: AnyNode, bound: Bound): readonly Claim[] | null {
    const evaluate = (argument: AnyNode) => this.#value(argument, bound);
    const expected = chainOf(
      node,
      (root) => root.type === 'CallExpression' && /^(pm\.)?expect$/.test(dottedName(root.callee) ?? ''),
    );
    if (expected?.root.type === 'CallExpression') {
      const [argument] = expected.root.arguments;
      return argument ? expectChain(evaluate(argument), expected.links, evaluate) : null;
    }
    const response = chainOf(node, (root) => /^(pm\.)?response$/.test(dottedName(root) ?? ''));
    return response ? responseChain(response.links, evaluate) : null;
  }

  #set(node: CallExpression, statement: AnyNode, bound: Bound): void {
    const [keyNode, valueNode] = node.arguments;
    const key = keyNode ? this.#value(keyNode, bound) : null;
    const value = valueNode ? this.#value(valueNode, bound) : null;
    if (key?.kind !== 'constant' || typeof key.value !== 'string') {
      this.#omit(statement, 'the name of the variable is known only when the script runs');
      return;
    }
    if (value?.kind === 'subject') {
      if (this.#actions.capture(key.value, value.subject)) return;
      this.#omit(statement, 'a capture takes JSONPath, header, cookie, body, status or duration');
      return;
    }
    const text = textOf(value);
    if (text === null) {
      this.#omit(statement, 'the value is computed by the script', 'declare it under "variables", or capture it');
      return;
    }
    this.#actions.set(key.value, text);
  }

  #demand(claims: readonly Claim[], statement: AnyNode): void {
    for (const claim of claims) {
      if (!this.#actions.demand(claim)) this.#omit(statement, 'the same value is judged in this way already');
    }
  }

  #destructure(pattern: Extract<AnyNode, { type: 'ObjectPattern' }>, from: Value, bound: Bound): void {
    for (const property of pattern.properties) {
      if (property.type !== 'Property' || property.key.type !== 'Identifier' || property.value.type !== 'Identifier')
        continue;
      const found: Value =
        from?.kind === 'subject' && from.subject.from === 'json'
          ? { kind: 'subject', subject: { from: 'json', path: [...from.subject.path, property.key.name] } }
          : null;
      bound.set(property.value.name, found);
    }
  }

  #value(node: AnyNode, bound: Bound): Value {
    return meaningOf(node, { get: (name) => bound.get(name), ...this.#actions.names });
  }

  #omit(node: AnyNode, why: string, instead = BY_HAND): void {
    this.#actions.omit(node.loc?.start.line ?? 1, oneLine(this.#text.slice(node.start, node.end), 160), why, instead);
  }
}
