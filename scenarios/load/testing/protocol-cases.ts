import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeCertificate } from '../../engine/protocols/testing/certificates.ts';
import type { AgreementCase } from './agreement-cases.ts';

const SHOP = resolve(import.meta.dirname, '../../engine/protocols/grpc/test-data');
const protoFile = (path: string) => readFileSync(resolve(SHOP, path), 'utf8');

const CLIENT = makeCertificate({ name: 'qa client' });

/** Other protocols than HTTP; `grpc://shop` and `grpc://greeter` stand for the addresses of test servers. */
export const PROTOCOL_CASES: readonly AgreementCase[] = [
  {
    name: 'gRPC with a definition of its services',
    passes: false,
    files: { 'shop.proto': protoFile('shop.proto'), 'common/money.proto': protoFile('common/money.proto') },
    yaml: `
variables: { id: "9007199254740993" }
steps:
  - name: an order
    grpc:
      url: grpc://shop
      method: shop.v1.Shop/GetOrder
      message: { orderId: "{{ id }}" }
      metadata: { authorization: "Bearer {{ id }}", key-bin: "/wA=" }
      proto: ./shop.proto
    timeout: 2s
    expect:
      status: OK
      jsonpath:
        $.orderId: "{{ id }}"
        $.state: PAID
        $.lines[0]: { equals: { article: tea, count: 2 } }
        $.lines[1].count: { exists: false }
        $.card: { exists: false }
        $.orderedAt: "2023-11-14T22:13:20Z"
        $.note: a gift
        $.price.units: "-5"
        $.voucher: aGk=
      duration: { lt: 2s }
    capture: { state: $.state, code: { status: true } }
  - name: none that is expected
    grpc: { url: grpc://shop, method: shop.v1.Shop/GetOrder, message: { order_id: 404 }, proto: ./shop.proto }
    if: { value: "{{ code }}", equals: 0 }
    expect: { status: [NOT_FOUND, 7], jsonpath: { $.code: 5, $.status: NOT_FOUND, $.message: { contains: "no order 404" }, $.lines: { exists: false } } }
  - name: none
    grpc: { url: grpc://shop, method: shop.v1.Shop/GetOrder, message: { orderId: 404 }, proto: ./shop.proto }
  - { name: never, request: GET /post }
always:
  - name: too slow
    grpc: { url: grpc://shop, method: shop.v1.Shop/GetOrder, message: { orderId: 500 }, proto: ./shop.proto }
    timeout: 300ms
    expect: { status: DEADLINE_EXCEEDED }
  - name: a message that does not fit
    grpc: { url: grpc://shop, method: shop.v1.Shop/GetOrder, message: { odd: "{{ state }}" }, proto: ./shop.proto }
  - name: what is wrong
    grpc: { url: grpc://shop, method: shop.v1.Shop/GetOrder, message: { orderId: 1 }, proto: ./shop.proto }
    expect: { jsonpath: { $.state: SENT, $.orderId: "1" } }
`,
  },
  {
    name: 'a conversation over WebSocket',
    passes: true,
    yaml: `
variables: { channel: 'a "b"' }
steps:
  - name: talking
    websocket:
      url: /ws?c={{ channel }}
      headers: { x-own: "{{ channel }}" }
      messages:
        - receive: { jsonpath: { $.type: ready, "$.headers['x-own']": "{{ channel }}", "$.headers['user-agent']": { matches: "^ringdown/" }, $.headers.traceparent: { exists: true } } }
          within: 2s
          capture: { url: $.url }
        - send: { subscribe: "{{ channel }}", from: "{{ url }}" }
        - send: "plain {{ channel }}"
        - { receive: { body: { matches: "^plain" } }, within: 1s, capture: { word: { regex: '"(.*)"' } } }
        - binary: aGk=
        - receive: any
        - close
    expect:
      status: 101
      header: { upgrade: websocket }
      messages: { count: 4 }
      jsonpath: { "$[1]": { contains: subscribe }, "$[3].base64": aGk= }
      duration: { lt: 5s }
    capture: { all: { messages: true } }
  - { name: using it, request: "GET /user/{{ word }}", expect: { jsonpath: { $.name: b } } }
`,
  },
  {
    name: 'conversations over WebSocket that go wrong',
    passes: false,
    yaml: `
steps:
  - { name: refused, websocket: { url: /no } }
always:
  - { name: refused as expected, websocket: { url: /no, messages: [{ send: x }] }, expect: { status: 401 } }
  - { name: nobody, websocket: { url: "ws://127.0.0.1:1/" } }
  - { name: nothing that fits, websocket: { url: /ws, messages: [{ receive: { jsonpath: { $.type: done } }, within: 200ms }, { send: never }] } }
  - { name: too slow, websocket: { url: /ws, messages: [{ receive: any }, { receive: any }] }, timeout: 300ms }
  - { name: left, websocket: { url: /ws, messages: [{ send: leave }, { receive: { body: more } }] } }
  - { name: broken off, websocket: { url: /ws, messages: [{ send: break }, { receive: { body: more } }] } }
  - { name: not captured, websocket: { url: /ws, messages: [{ receive: any, capture: { none: $.none } }] } }
  - { name: after it, websocket: { url: /ws, messages: [{ send: "{{ none }}" }] } }
  - { name: too many, websocket: { url: /ws, messages: [{ send: hi }, { receive: { body: hi }, within: 2s }] }, expect: { messages: { count: 1 } } }
  - { name: no such protocol, websocket: { url: /ws, subprotocol: chat, messages: [{ receive: any }] } }
`,
  },
  {
    name: 'digest authentication',
    passes: false,
    yaml: `
secrets: [QA_PASSWORD]
steps:
  - name: asked first
    request: GET /digest?q=a%20b
    auth: { digest: { username: qa, password: "{{ secrets.QA_PASSWORD }}" } }
    expect: { jsonpath: { $.count: "00000001" } }
  - name: known by now
    request: POST /digest/x
    json: { a: 1 }
    auth: { digest: { username: qa, password: "{{ secrets.QA_PASSWORD }}" } }
    expect: { jsonpath: { $.count: "00000002" } }
  - { name: wrong, request: GET /digest, auth: { digest: { username: qa, password: no } } }
always:
  - { name: never enough, request: GET /digest/never, auth: { digest: { username: qa, password: x } }, expect: { status: 401 } }
  - { name: none asked for, request: GET /post, auth: { digest: { username: qa, password: x } } }
`,
  },
  {
    name: 'requests signed for AWS',
    passes: false,
    yaml: `
variables: { key: AKIDEXAMPLE, secret: wJalrXUtnFEMI/K7MDENG }
steps:
  - name: with a query
    request: { method: GET, url: "/aws/execute-api/a%20b/ü/", query: { b: [2, 1], a: "x y~'é", c: "" } }
    auth: { aws: { service: execute-api, region: eu-west-1, access_key_id: "{{ key }}", secret_access_key: "{{ secret }}" } }
  - name: with a body
    request: POST /aws/s3/a%20b
    json: { text: "김치" }
    auth: { aws: { service: s3, region: eu-west-1, access_key_id: "{{ key }}", secret_access_key: "{{ secret }}", session_token: a-token } }
  - name: wrong
    request: GET /aws/execute-api
    auth: { aws: { service: execute-api, region: eu-west-1, access_key_id: "{{ key }}", secret_access_key: no } }
`,
  },
  {
    name: 'digests of bodies',
    passes: false,
    yaml: `
variables: { empty: E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855 }
steps:
  - { name: of bytes, request: GET /bytes, expect: { sha256: { matches: "^[0-9a-f]{64}$" } }, capture: { digest: { sha256: true } } }
  - { name: the same, request: GET /bytes, expect: { sha256: "{{ digest }}" } }
  - { name: of nothing, request: GET /empty, expect: { sha256: "{{ empty }}", body: { exists: false } } }
  - { name: of a text, request: GET /text, expect: { sha256: "{{ digest }}", body: { contains: 한국어 } } }
`,
  },
  {
    name: 'a certificate that nobody trusts',
    passes: false,
    secure: true,
    yaml: `
steps:
  - { name: asking, request: GET /post }
`,
  },
  {
    name: 'a client certificate, and a service whose own is not looked at',
    passes: false,
    secure: true,
    files: { 'c.pem': CLIENT.cert, 'k.pem': CLIENT.key },
    yaml: `
connection: { verify: false, client_certificate: { cert: ./c.pem, key: ./k.pem } }
steps:
  - { name: known, request: GET /client, expect: { jsonpath: { $.name: qa client } } }
  - { name: talking, websocket: { url: /ws, messages: [{ receive: { jsonpath: { $.type: ready } }, within: 2s }] } }
  - { name: as somebody else, request: GET /client, expect: { jsonpath: { $.name: nobody } } }
`,
  },
  {
    name: 'a name that is resolved elsewhere, by IPv4',
    passes: false,
    yaml: `
connection: { resolve: 127.0.0.1, ip: 4 }
steps:
  - { name: the service, request: GET /post }
  - { name: another name for it, request: "GET http://shop.example.com:PORT/post", expect: { jsonpath: { $.id: 17 } } }
  - { name: wrong, request: "GET http://shop.example.com:PORT/status/500" }
`,
  },
  {
    name: 'random values that are the same every time',
    passes: true,
    yaml: `
seed: 42
variables: { id: "{{ $uuid }}" }
steps:
  - { name: asking, request: "GET /user/{{ id }}", expect: { jsonpath: { $.name: { matches: "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$" } } } }
`,
  },
  {
    name: 'gRPC by reflection',
    passes: false,
    yaml: `
steps:
  - name: greeting
    grpc: { url: grpc://greeter, method: greeter.Greeter/SayHello, message: { name: Kim } }
    expect: { status: 0, jsonpath: { $.message: hello Kim } }
    capture: { text: $.message }
  - name: without a name
    grpc: { url: grpc://greeter, method: greeter.Greeter/SayHello }
    expect: { status: INVALID_ARGUMENT }
  - name: wrong
    grpc: { url: grpc://greeter, method: greeter.Greeter/SayHello, message: { name: "{{ text }}" } }
    expect: { jsonpath: { $.message: hello Kim } }
always:
  - name: no such method
    grpc: { url: grpc://greeter, method: greeter.Greeter/SayGoodbye }
  - name: nobody there
    grpc: { url: grpc://shop, method: greeter.Greeter/SayHello }
`,
  },
];
