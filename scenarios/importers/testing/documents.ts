/** A document of every format with credentials in the places where people leave them, and something to leave out. */
export interface TriedDocument {
  readonly text: string;
  /** Values that may stand in no file. */
  readonly canaries: readonly string[];
}

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9mLWEtdG9rZW4';

const har = {
  log: {
    version: '1.2',
    creator: { name: 'test', version: '1' },
    entries: [
      {
        startedDateTime: '2026-01-01T00:00:00.000Z',
        request: {
          method: 'POST',
          url: 'https://shop.example.com/login?api_key=canary-query-1',
          headers: [
            { name: 'Authorization', value: `Bearer ${JWT}` },
            { name: 'Cookie', value: 'session=canary-cookie-2' },
            { name: 'X-Api-Key', value: 'canary-header-3' },
          ],
          postData: {
            mimeType: 'application/json',
            text: '{"user":"kim","password":"canary-body-4","id":9007199254740993}',
          },
        },
        response: {
          status: 201,
          headers: [],
          content: { mimeType: 'application/json', text: '{"token":"canary-token-5-long-enough","order":{"id":7}}' },
        },
      },
      {
        startedDateTime: '2026-01-01T00:00:01.000Z',
        request: {
          method: 'GET',
          url: 'https://shop.example.com/orders/7',
          headers: [{ name: 'X-Session', value: 'canary-token-5-long-enough' }],
        },
        response: { status: 200, headers: [], content: { mimeType: 'text/html', text: '<p>' } },
      },
      {
        request: { method: 'GET', url: 'https://shop.example.com/logo.png', headers: [] },
        response: { status: 200, content: { mimeType: 'image/png' } },
      },
    ],
  },
};

const postman = {
  info: { name: 'Shop', schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json' },
  auth: { type: 'bearer', bearer: [{ key: 'token', value: JWT }] },
  variable: [
    { key: 'base', value: 'https://shop.example.com' },
    { key: 'apiKey', value: 'canary-variable-1' },
  ],
  item: [
    {
      name: 'signing in',
      request: {
        method: 'POST',
        url: '{{base}}/login',
        header: [
          { key: 'X-Api-Key', value: '{{apiKey}}' },
          { key: 'Cookie', value: 'a=canary-cookie-2' },
        ],
        body: {
          mode: 'raw',
          raw: '{"password": "canary-body-3", "zip": "0123"}',
          options: { raw: { language: 'json' } },
        },
      },
      event: [
        {
          listen: 'test',
          script: {
            exec: [
              'pm.response.to.have.status(200)',
              'pm.environment.set("token", pm.response.json().token)',
              'pm.sendRequest("https://x.example/?key=canary-variable-1")',
            ],
          },
        },
      ],
    },
    {
      name: 'reading',
      request: {
        method: 'GET',
        url: '{{base}}/me?token={{token}}',
        auth: {
          type: 'basic',
          basic: [
            { key: 'username', value: 'kim' },
            { key: 'password', value: 'canary-basic-4' },
          ],
        },
      },
    },
  ],
};

const openapi = {
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1' },
  servers: [{ url: 'https://shop.example.com/v1' }],
  components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' } } },
  security: [{ key: [] }],
  paths: {
    '/orders/{id}': {
      get: { deprecated: true, responses: { 200: { description: 'ok' } } },
      trace: { responses: { 200: { description: 'ok' } } },
    },
  },
};

const curl = `curl -u 'kim:canary-basic-1' -H 'X-Api-Key: canary-header-2' -H "Authorization: Bearer ${JWT}" -b 'sid=canary-cookie-3' \\
  'https://shop.example.com/orders?access_token=canary-query-4' --json '{"client_secret":"canary-body-5"}' --limit-rate 5k`;

const hurl = `POST https://shop.example.com/login?api_key=canary-query-0
X-Api-Key: canary-header-1
[BasicAuth]
kim: canary-basic-2
[Form]
password: canary-form-3
HTTP 200
[Captures]
token: jsonpath "$.token"
[Asserts]
ip == "127.0.0.1"

PURGE https://shop.example.com/cache?api_key=canary-query-9
HTTP 200
`;

const runscope = {
  name: 'Orders',
  environments: [{ name: 'all', initial_variables: { api_key: 'canary-variable-1' } }],
  steps: [
    {
      step_type: 'request',
      method: 'POST',
      url: 'https://shop.example.com/login',
      headers: { 'X-Key': ['{{api_key}}'], Authorization: [`Bearer ${JWT}`] },
      auth: {},
      body: '{"password":"canary-body-2"}',
      assertions: [{ source: 'response_status', comparison: 'equal_number', value: 200 }],
      scripts: ['log("canary-variable-1")'],
    },
    {
      step_type: 'request',
      method: 'GET',
      url: 'https://shop.example.com/me?access_token=canary-query-8',
      auth: { auth_type: 'basic', username: 'kim', password: 'canary-basic-3' },
    },
  ],
};

const checkly = [
  {
    name: 'Orders',
    checkType: 'API',
    frequency: 1,
    locations: ['eu-west-1'],
    request: {
      method: 'POST',
      url: 'https://shop.example.com/login',
      headers: [{ key: 'Authorization', value: `Bearer ${JWT}` }],
      bodyType: 'JSON',
      body: '{"password":"canary-body-1"}',
      basicAuth: { username: '', password: '' },
      assertions: [],
    },
  },
  {
    name: 'Me',
    checkType: 'API',
    request: {
      method: 'GET',
      url: 'https://shop.example.com/me',
      basicAuth: { username: 'kim', password: 'canary-basic-2' },
      assertions: [],
    },
  },
];

const gatus = `
endpoints:
  - name: orders
    url: "https://shop.example.com/orders?api_key=canary-query-1"
    headers: { X-Api-Key: canary-header-2, Authorization: "Bearer ${JWT}" }
    body: '{"password":"canary-body-3"}'
    method: POST
    conditions: ["[STATUS] == 200", "[IP] == 127.0.0.1"]
`;

const uptimeKuma = {
  version: '1.23.0',
  monitorList: [
    {
      name: 'Orders',
      type: 'http',
      url: 'https://shop.example.com/orders',
      method: 'POST',
      interval: 60,
      headers: '{"X-Api-Key":"canary-header-1"}',
      body: '{"password":"canary-body-2"}',
      basic_auth_user: 'kim',
      basic_auth_pass: 'canary-basic-3',
      accepted_statuscodes: ['200-299'],
    },
    { name: 'heart', type: 'push' },
  ],
};

const stepCi = `
version: "1.1"
name: Shop
env: { apiKey: canary-variable-1 }
tests:
  orders:
    steps:
      - name: one
        http:
          url: https://shop.example.com/orders
          method: POST
          headers: { X-Key: "\${{env.apiKey}}", X-Api-Key: canary-header-2 }
          auth: { basic: { username: kim, password: canary-basic-3 } }
          json: { password: canary-body-4 }
          check: { status: 200, magic: 1 }
`;

export const documents: Readonly<Record<string, TriedDocument>> = {
  har: { text: JSON.stringify(har), canaries: [JWT, 'canary-'] },
  postman: { text: JSON.stringify(postman), canaries: [JWT, 'canary-'] },
  openapi: { text: JSON.stringify(openapi), canaries: [] },
  curl: { text: curl, canaries: [JWT, 'canary-'] },
  hurl: { text: hurl, canaries: ['canary-'] },
  runscope: { text: JSON.stringify(runscope), canaries: [JWT, 'canary-'] },
  checkly: { text: JSON.stringify(checkly), canaries: [JWT, 'canary-'] },
  gatus: { text: gatus, canaries: [JWT, 'canary-'] },
  'uptime-kuma': { text: JSON.stringify(uptimeKuma), canaries: ['canary-'] },
  'step-ci': { text: stepCi, canaries: ['canary-'] },
};
