/** Scenario files that can be edited; only for tests of the UI. */
import { createHash } from 'node:crypto';
import type { Problem, ScenarioCheck, ScenarioText } from '../../../control/resources.ts';
import { editScenario } from '../../../scenarios/language/edit.ts';
import { outlineScenario } from '../../../scenarios/language/outline.ts';
import { parseScenario } from '../../../scenarios/language/parse.ts';

export const fixtureText = (id: string) => `version: 1
id: ${id}
name: "Write a post and read it back"   # quotes and comments stay
service: reference-api
tags: [critical, journey]
schedule: { every: 30s, jitter: 10%, while_failing: 5s }
timeout: 10s
retry: { times: 1, delay: 1s }

steps:
  # the token is used by all that follow
  - name: sign in
    request: POST /v1/sessions
    json: { email: qa@example.com }
    expect: { status: 201 }
    capture:
      token: { jsonpath: $.access_token, secret: true }
  - name: write
    request: POST /v1/posts
    auth: { bearer: "{{ token }}" }
    json: { title: hello }
    expect: { status: [200, 201] }
  - name: both at once
    parallel:
      - { name: posts, request: GET /v1/posts }
      - { name: users, request: GET /v1/users }
always:
  - { name: settle, pause: 1s }
`;

interface Answer {
  status: number;
  content: unknown;
}

export class FixtureScenarios {
  readonly #texts = new Map<string, string>();

  text(id: string): string {
    return this.#texts.get(id) ?? fixtureText(id);
  }

  /** As another person's editor does. */
  change(id: string, text: string): void {
    this.#texts.set(id, text);
  }

  answer(method: string, id: string, action: string | undefined, body: Record<string, unknown>): Answer {
    const text = String(body.text ?? '');
    const ok = (content: unknown): Answer => ({ status: 200, content });
    const refused = (status: number, code: string, detail: string, more: Partial<Problem> = {}): Answer => ({
      status,
      content: { type: 'about:blank', title: code, status, detail, code, ...more },
    });
    if (action === 'check') return ok(this.#check(id, text));
    if (action === 'edit') {
      const edited = editScenario(text, body.edits as Parameters<typeof editScenario>[1]);
      return 'text' in edited ? ok(edited) : refused(422, 'INVALID_SCENARIO', edited.diagnostics[0]!.message);
    }
    if (method === 'PUT') {
      const { diagnostics } = this.#check(id, text);
      if (diagnostics.length > 0) return refused(422, 'INVALID_SCENARIO', diagnostics[0]!.message, { diagnostics });
      const current = { text: this.text(id), version: version(this.text(id)) };
      if (current.version !== body.version) {
        return refused(409, 'FILE_CHANGED', 'the file was changed since it was read; nothing was written', { current });
      }
      this.#texts.set(id, text);
      return ok({ version: version(text) });
    }
    const present = this.text(id);
    const readOnly = id === 'health';
    const shown: ScenarioText = {
      id,
      file: `scenarios/suites/${id}.scenario.yaml`,
      text: present,
      version: version(present),
      writable: !readOnly,
      read_only_reason: readOnly ? 'it came with Ringdown; copy it to a folder of your own' : null,
      ...this.#check(id, present),
      fragments: [],
    };
    return ok(shown);
  }

  #check(id: string, text: string): ScenarioCheck {
    const { diagnostics } = parseScenario(text, `scenarios/suites/${id}.scenario.yaml`);
    return {
      diagnostics: diagnostics.map(({ endColumn, hint, ...one }) => ({
        ...one,
        end_column: endColumn ?? null,
        hint: hint ?? null,
      })),
      outline: outlineScenario(text),
    };
  }
}

function version(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
