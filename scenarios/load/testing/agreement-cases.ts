/** What both engines are given. Steps, and what stands beside them; `{{ }}` as in any file. */
export interface AgreementCase {
  readonly name: string;
  /** Of the run. */
  readonly passes: boolean;
  readonly yaml: string;
  /** Asks the server that speaks TLS, with a certificate that nobody trusts. */
  readonly secure?: true;
  /** Other files, by the paths that the scenario calls them. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

export const AGREEMENT_CASES: readonly AgreementCase[] = [
  {
    name: 'a journey that passes',
    passes: true,
    yaml: `
variables: { title: "hello {{ $uuid }} & 한국어", count: 3 }
secrets: [QA_PASSWORD]
steps:
  - name: signing in, again
    request: POST /echo/sessions?x={{ title }}
    json: { password: "{{ secrets.QA_PASSWORD }}", n: "{{ count }}", s: "{{ count | string }}", "__proto__": 1 }
    expect:
      status: 201
      header: { content-type: { matches: "^application/json" }, x-limit: { gte: 60, lt: 61 }, x-none: { exists: false } }
      jsonpath:
        $.method: POST
        $.headers['user-agent']: { matches: "^ringdown/" }
        $.headers.traceparent: { matches: "^00-[0-9a-f]{32}-[0-9a-f]{16}-01$" }
    warn: { duration: { lt: 5s, first_byte: { lt: 5s } } }
    capture: { sent: $.body, where: { header: content-type }, code: { status: true }, all: $.headers.*, whole: { body: true } }
  - name: sending it back
    request: { method: POST, url: "/echo/{{ code }}", query: { q: "a b&c~(d)'é", tag: [x, y] }, headers: { x-own: "{{ where }}", user-agent: mine } }
    form: { sent: "{{ sent }}", remember: true, list: [1, 2] }
    auth: { basic: { username: qä, password: "{{ secrets.QA_PASSWORD }}" } }
    expect:
      status: [200, 201]
      jsonpath:
        $.url: { contains: "/echo/201?q=a+b%26c%7E%28d%29%27%C3%A9&tag=x&tag=y" }
        $.headers.authorization: { matches: "^Basic " }
        $.headers['user-agent']: { matches: "^ringdown/\\\\S+ mine$" }
        $.headers['content-type']: application/x-www-form-urlencoded
        $.body: { contains: "remember=true&list=1&list=2" }
`,
  },
  {
    name: 'every operator, all true',
    passes: true,
    yaml: `
steps:
  - name: judging
    request: GET /post
    expect:
      status: { gte: 200, lt: 300, not: 201 }
      jsonpath:
        $.id: { type: integer, equals: 17 }
        $.views: { gt: 1000, lte: 1234.5, type: number }
        $.title: { matches: "(?i)^HEL+O$", count: 5, one_of: [hello, bye], not: { contains: x } }
        $.author: { exists: true, type: "null", equals: null }
        $.draft: false
        $.missing: { exists: false }
        $.tags: { equals: [new, popular], contains: new, count: { gt: 1, lt: 3 }, each: { type: string } }
        $.nested: { equals: { a: { b: [{ c: 1 }, { c: 2 }] } }, contains: a }
        $.items[*].price: { each: { gt: 0 }, count: 3 }
        $.items[?@.price < 10].name: { contains: tea, count: 2 }
        $.items[?@.name == '김치' && @.price == 1]: { count: 1 }
        $.items[-1].id: "3"
        $.items[0:2].id: { contains: 2, count: 2 }
        $..c: { count: 2 }
        $.items[*].none: { exists: false }
        $.items[?search(@.name, 'f+e')].id: { contains: 2 }
      body: { contains: coffee, not: { matches: "stack.trace" } }
`,
  },
  {
    name: 'wrong status, then clean-up',
    passes: false,
    yaml: `
steps:
  - { name: first, request: GET /post, capture: { id: $.id } }
  - { name: failing, request: GET /status/500, expect: { status: 201 } }
  - { name: never, request: GET /post }
always:
  - { name: cleaning, request: "DELETE /status/204?id={{ id }}" }
  - { name: also, request: GET /status/404 }
  - { name: last, request: GET /post }
`,
  },
  {
    name: 'default of 2xx on a redirect',
    passes: false,
    yaml: `
steps:
  - { name: redirected, request: GET /redirect/1 }
`,
  },
  {
    name: 'redirects followed, and too many',
    passes: false,
    yaml: `
steps:
  - { name: few, request: { method: GET, url: /redirect/2, max_redirects: 2 }, expect: { jsonpath: { $.id: 17 } } }
  - { name: many, request: { method: GET, url: /redirect/4, max_redirects: 3 }, expect: { status: 302 } }
`,
  },
  {
    name: 'a text where a number was expected',
    passes: false,
    yaml: `
steps:
  - name: judging
    request: GET /post
    expect:
      jsonpath: { $.id: "17", "$.items[2].id": 3, $.title: { gt: 1 }, $.views: { type: integer }, $.draft: "false", $.author: "" }
`,
  },
  {
    name: 'what is missing is not "not equal"',
    passes: false,
    yaml: `
steps:
  - name: judging
    request: GET /post
    expect:
      jsonpath: { $.none: { not: draft }, $.author.name: { exists: true }, "$.tags[7]": { not: { equals: 1 } }, $.tags.length: { exists: true }, "$.items[*].none": { count: 0 } }
      header: { x-none: { not: a }, X-LIMIT: 60, x-empty: "" }
`,
  },
  {
    name: 'a capture that is not there',
    passes: false,
    yaml: `
steps:
  - { name: taking, request: GET /post, capture: { token: $.access_token, id: $.id } }
  - { name: using, request: "GET /user/{{ id }}" }
always:
  - { name: with what is there, request: "GET /user/{{ id }}" }
  - { name: without, request: "GET /user/{{ token }}" }
`,
  },
  {
    name: 'captures by regex and header, and one that does not match',
    passes: false,
    yaml: `
steps:
  - { name: taking, request: GET /text, capture: { number: { regex: "order no\\\\. (\\\\d+)" }, type: { header: Content-Type }, line: { regex: "(?m)^second .*$" } } }
  - { name: using, request: "GET /user/{{ number }}", expect: { jsonpath: { $.name: "17" } } }
  - { name: nothing, request: GET /text, capture: { none: { regex: "order (x)?no. 18" } } }
`,
  },
  {
    name: 'headers that are wrong',
    passes: false,
    yaml: `
steps:
  - name: asking
    request: GET /post
    expect: { header: { content-type: application/json, x-limit: { gt: 60 }, x-empty: { exists: true }, x-none: { exists: true } } }
`,
  },
  {
    name: 'a step that takes too long',
    passes: false,
    yaml: `
steps:
  - { name: quick, request: GET /post, timeout: 1s }
  - { name: slow, request: GET /slow, timeout: 300ms }
  - { name: never, request: GET /post }
always:
  - { name: cleaning, request: GET /post }
`,
  },
  {
    name: 'an attempt that takes too long, in a body that never ends',
    passes: false,
    yaml: `
timeout: 700ms
steps:
  - { name: quick, request: GET /post }
  - { name: dripping, request: GET /drip }
always:
  - { name: cleaning, request: GET /post }
`,
  },
  {
    name: 'undefined templates in always are skipped, wrong ones fail',
    passes: false,
    yaml: `
steps:
  - { name: failing, request: GET /status/500 }
  - { name: taking, request: GET /post, capture: { id: $.id } }
always:
  - { name: without the id, request: "DELETE /post/{{ id }}" }
  - { name: with a fallback, request: 'GET /user/{{ id | default("none") }}', expect: { jsonpath: { $.name: none } } }
  - { name: judging by the id, request: GET /post, expect: { jsonpath: { $.id: "{{ id }}" } } }
`,
  },
  {
    name: 'values that would change a path',
    passes: false,
    yaml: `
steps:
  - { name: taking, request: GET /post, capture: { title: $.title, none: $.author } }
  - { name: nothing, request: "GET /user/{{ none }}" }
always:
  - { name: title, request: "GET /user/{{ title | upper }}", expect: { jsonpath: { $.name: HELLO } } }
`,
  },
  {
    name: 'no answer at all',
    passes: false,
    yaml: `
steps:
  - { name: here, request: GET /post }
  - { name: gone, request: POST /gone }
`,
  },
  {
    name: 'a body that is cut',
    passes: false,
    yaml: `
steps:
  - { name: cut, request: GET /cut }
`,
  },
  {
    name: 'compressed, and said to be',
    passes: false,
    yaml: `
steps:
  - { name: compressed, request: GET /gzip, expect: { jsonpath: { $.id: 17 } } }
  - { name: not compressed, request: GET /not-gzip }
`,
  },
  {
    name: 'a body that is no JSON, and an empty one',
    passes: false,
    yaml: `
steps:
  - { name: empty, request: GET /empty, expect: { body: { exists: false } } }
  - { name: text, request: GET /text, expect: { body: { contains: "한국어", matches: "no\\\\.\\\\s\\\\d{2} of \\\\S+ c" } } }
  - { name: as JSON, request: GET /text, expect: { jsonpath: { $.a: { exists: false } }, body: { exists: true } } }
`,
  },
  {
    name: 'warnings fail nothing',
    passes: true,
    yaml: `
steps:
  - { name: warned, request: GET /post, warn: { duration: { gt: 1h }, jsonpath: { $.title: bye } } }
`,
  },
  {
    name: 'a raw body, escaped for its place',
    passes: true,
    yaml: `
variables: { quote: 'say "hi" \\ <b>', n: 5 }
steps:
  - { name: JSON, request: POST /echo, body: '{ "a": "{{ quote }}", "n": {{ n }} }', expect: { jsonpath: { $.body: '{ "a": "say \\"hi\\" \\\\ <b>", "n": 5 }' } } }
  - { name: XML, request: POST /echo, body: '<a>{{ quote }}</a>', expect: { jsonpath: { $.body: { contains: "&#60;b&#62;" } } } }
`,
  },
  {
    name: 'cookies are carried from one step to the next',
    passes: true,
    yaml: `
steps:
  - { name: before, request: GET /with-cookie, expect: { status: 401 } }
  - name: signing in
    request: POST /sign-in
    expect: { cookie: { session: { value: abc, http_only: true, secure: false }, theme: dark, none: { exists: false } } }
    capture: { theme: { cookie: theme } }
  - { name: signed in, request: GET /with-cookie, expect: { jsonpath: { $.cookie: { contains: session=abc } }, bytes: { gt: 10 } } }
`,
  },
  {
    name: 'cookies that are not wanted',
    passes: false,
    yaml: `
cookies: false
steps:
  - { name: signing in, request: POST /sign-in }
  - { name: not signed in, request: GET /with-cookie }
`,
  },
  {
    name: 'patterns judged as texts',
    passes: false,
    yaml: `
steps:
  - name: reading
    request: GET /text
    expect: { regex: { 'no\\. (\\d+)': 17, "second (line)": { not: lines, count: 4 }, "third": { exists: false }, '(of) (\\S+)': { one_of: [of, to] } } }
  - { name: failing, request: GET /text, expect: { regex: { 'no\\. (\\d+)': { gt: 17 } } } }
`,
  },
  {
    name: 'a job that is polled until it is done',
    passes: true,
    yaml: `
steps:
  - { name: starting, request: GET /job/start }
  - name: polling
    request: GET /job/state
    repeat: { until: { jsonpath: { $.state: done } }, every: 10ms, at_most: 5 }
    expect: { status: 200 }
    capture: { state: $.state }
  - { name: done, request: "GET /user/{{ state }}", expect: { jsonpath: { $.name: done } } }
`,
  },
  {
    name: 'a job that is never done',
    passes: false,
    yaml: `
steps:
  - name: polling
    request: GET /post
    repeat: { until: { status: 200, jsonpath: { $.state: done } }, every: 1ms, at_most: 3 }
  - { name: never, request: GET /post }
`,
  },
  {
    name: 'steps that are skipped by a decision',
    passes: false,
    yaml: `
variables: { premium: false }
steps:
  - { name: taking, request: GET /post, capture: { id: $.id } }
  - { name: skipped, request: GET /status/500, if: { value: "{{ premium }}", equals: true }, capture: { skipped: $.id } }
  - { name: undefined, request: GET /status/500, if: { value: "{{ skipped }}", exists: true } }
  - { name: run, request: GET /post, if: { value: "{{ id }}", gt: 1 } }
  - { name: waiting, pause: 10ms }
  - { name: failing, request: GET /status/500, if: { value: "{{ id }}", equals: 17 }, capture: { later: { status: true } } }
always:
  - { name: cleaning, request: "DELETE /post/{{ id }}", if: { value: "{{ id }}", exists: true } }
`,
  },
  {
    name: 'requests at the same time, one of them wrong',
    passes: false,
    yaml: `
steps:
  - { name: first, request: GET /post, capture: { id: $.id } }
  - name: page
    parallel:
      - { name: post, request: "GET /post?{{ id }}", capture: { title: $.title } }
      - { name: wrong, request: GET /status/404 }
      - { name: user, request: "GET /user/{{ id }}", expect: { jsonpath: { $.name: "17" } }, capture: { user: $.name } }
  - { name: never, request: GET /post }
always:
  - { name: after, request: "GET /user/{{ title }}", expect: { jsonpath: { $.name: hello } } }
`,
  },
  {
    name: 'rows of data, the second of which fails',
    passes: false,
    yaml: `
data:
  - { name: alice, active: true }
  - { name: mallory, active: true }
steps:
  - name: reading
    request: GET /user/{{ row.name }}
    expect: { jsonpath: { $.active: "{{ row.active }}", $.name: "{{ row.name }}" } }
  - { name: after it, request: "GET /user/{{ $row }}" }
`,
  },
  {
    name: 'before and after',
    passes: true,
    yaml: `
before:
  - { name: preparing, request: GET /post, capture: { id: $.id } }
steps:
  - { name: working, request: "GET /user/{{ id }}" }
after:
  - { name: tidying, request: "DELETE /post/{{ id }}" }
always:
  - { name: at last, request: GET /post }
`,
  },
  {
    name: 'fragments, one in the other, with parameters of the same name',
    passes: false,
    files: {
      'outer.steps.yaml': `version: 1
parameters: { who: null, suffix: "{{ $uuid }}" }
steps:
  - { name: outer, request: "GET /user/{{ who }}?{{ suffix }}", expect: { jsonpath: { $.name: bob } }, capture: { seen: $.name } }
  - include: ./inner.steps.yaml
    with: { who: "{{ who }}-inner" }
    prefix: "deep: "
  - { name: outer again, request: "GET /user/{{ who }}", expect: { jsonpath: { $.name: "{{ seen }}" } } }
`,
      'inner.steps.yaml': `version: 1
parameters: { who: null }
steps:
  - { name: inner, request: "GET /user/{{ who }}", expect: { jsonpath: { $.name: bob-inner } } }
`,
    },
    yaml: `
variables: { who: alice }
steps:
  - include: ./outer.steps.yaml
    with: { who: bob }
  - { name: outside, request: "GET /user/{{ who }}", expect: { jsonpath: { $.name: "{{ seen }}" } } }
`,
  },
  {
    name: 'times and signatures in templates',
    passes: true,
    yaml: `
variables: { day: '{{ $now("+1d", "yyyy-MM-dd") }}', signed: '{{ "x" | hmac_sha256("key", "base64") }}' }
steps:
  - name: sending
    request: GET /user/{{ day }}
    expect: { jsonpath: { $.name: { matches: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' } } }
  - name: signing
    request: { method: GET, url: /user/x, headers: { x-day: '{{ day | date("http") }}', x-digest: '{{ signed | sha256 }}' } }
  - name: the same
    request: GET /user/{{ signed | base64url }}
    expect: { jsonpath: { $.name: VDhPMzZ2Tk5mbGxLYjFIWlVYdWxRNnYwRUdleWRZZi8yQ3VqV0U1TlBOMD0 } }
`,
  },
  {
    name: 'GraphQL, with and without errors',
    passes: false,
    yaml: `
variables: { name: 'a "b"' }
steps:
  - name: asking
    graphql:
      url: /graphql
      query: 'query A($n: String) { user(name: $n, quoted: "{{ name }}") { id } } query B { me }'
      variables: { n: "{{ name }}" }
      operation: A
      headers: { x-own: "{{ $uuid }}" }
    expect: { jsonpath: { $.data.variables.n: "{{ name }}", $.data.query: { contains: '\\"b\\"' }, $.data.operationName: A, $.data.accept: { contains: graphql } } }
    capture: { accept: $.data.accept }
  - name: errors that are expected
    graphql: { url: /graphql, query: "{ me }", variables: { fail: true } }
    expect: { jsonpath: { "$.errors[0].message": not for everybody } }
  - name: errors that are not
    graphql: { url: /graphql, query: "{ me }", variables: { fail: true } }
  - { name: never, request: GET /post }
`,
  },
  {
    name: 'files as a body and in a form',
    passes: true,
    files: { 'a.json': '{"from":"a file, 한국"}', 'p.png': Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x00, 0x0a) },
    yaml: `
variables: { title: 'ü "quoted"' }
steps:
  - name: a file
    request: POST /echo
    file: ./a.json
    expect:
      jsonpath:
        $.body: '{"from":"a file, 한국"}'
        $.headers['content-type']: application/json
        $.headers['content-length']: "25"
  - name: a form
    request: POST /echo
    multipart: { title: "{{ title }}", tag: [x, y], picture: { file: ./p.png, filename: 'p"1".png' } }
    expect:
      jsonpath:
        $.headers['content-type']: { matches: "^multipart/form-data; boundary=" }
        $.body:
          matches: '(?s)name="title"\\r\\n\\r\\nü "quoted"\\r\\n--\\S+\\r\\n.*name="tag"\\r\\n\\r\\nx\\r\\n'
          contains: "name=\\"picture\\"; filename=\\"p%221%22.png\\"\\r\\ncontent-type: image/png\\r\\n\\r\\n\\uFFFDPNG"
`,
  },
  {
    name: 'tokens of OAuth 2, and none',
    passes: false,
    yaml: `
steps:
  - name: by header
    request: GET /echo
    auth: { oauth2: { grant: client_credentials, token_url: /token, client_id: a client, client_secret: s&cret, scope: read } }
    expect: { jsonpath: { $.headers.authorization: Bearer token-for-read } }
  - name: by body
    request: GET /echo
    auth: { oauth2: { grant: password, username: u, password: p, token_url: /token, client_id: c, client_secret: s&cret, scope: write, send: body } }
    expect: { jsonpath: { $.headers.authorization: Bearer token-for-write } }
  - name: refused
    request: GET /echo
    auth: { oauth2: { grant: client_credentials, token_url: /token, client_id: c, client_secret: wrong } }
  - { name: never, request: GET /post }
`,
  },
  {
    name: 'more requests at the same time than k6 sends by itself',
    passes: true,
    yaml: `
steps:
  - name: page
    parallel:
${Array.from({ length: 9 }, (_, index) => `      - { name: "part ${index}", request: GET /together/9 }`).join('\n')}
`,
  },
  {
    name: 'names of steps that are no names of functions',
    passes: true,
    yaml: `
steps:
  - { name: "m² and ½", request: GET /post }
  - { name: "½", request: GET /post }
  - { name: "٣ 김치", request: GET /post }
`,
  },
  {
    name: 'bodies and codings of every kind',
    passes: false,
    yaml: `
steps:
  - { name: bytes that are no text, request: GET /bytes, expect: { bytes: 8, body: { contains: A } }, capture: { size: { bytes: true } } }
  - { name: none at all, request: HEAD /gzip, expect: { bytes: 0, header: { content-encoding: gzip } } }
  - { name: too large, request: GET /large }
always:
  - { name: unknown coding, request: GET /coded/other }
  - { name: counted, request: "GET /user/{{ size }}", expect: { jsonpath: { $.name: "8" } } }
`,
  },
  {
    name: 'answers that k6 does not expect',
    passes: false,
    yaml: `
steps:
  - { name: another protocol, request: GET /upgrade }
always:
  - { name: another protocol again, request: GET /upgrade }
  - { name: odd status, request: GET /odd-status, expect: { status: { gt: 776 } } }
  - { name: quotes, request: GET /quoted-cookie, expect: { cookie: { note: '"x y"' } } }
  - { name: letters in a query, request: "GET /echo?q=ü&r=한", expect: { jsonpath: { $.url: "/echo?q=%C3%BC&r=%ED%95%9C" } } }
  - { name: letters in a path, request: "GET /echo/ü", expect: { jsonpath: { $.url: /echo/%C3%BC } } }
`,
  },
];
