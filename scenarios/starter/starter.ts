/** What is known of the repository that Ringdown is put into. */
export interface Surroundings {
  /** What the scenarios say they watch. */
  service: string;
  /** Where it runs, without a slash at the end. */
  baseUrl: string;
  /** A path that tells whether it is well. */
  healthPath: string;
  /** Of its OpenAPI description, relative to the repository. */
  openapi: string | null;
  /** Where that description says that the service runs. */
  server: string | null;
  /** JSON Schemas for editors, relative to the repository; null where they are not installed. */
  schemas: string | null;
  /** `1.2.3`, for the workflow. */
  version: string;
}

export interface StarterFile {
  /** Relative to the repository. */
  path: string;
  text: string;
}

/** The commented files that somebody begins with. All of them pass `validate`, with their examples uncommented too. */
export function starterFiles(about: Surroundings): StarterFile[] {
  return [
    { path: 'ringdown.yaml', text: config(about) },
    { path: 'scenarios/health.scenario.yaml', text: health(about) },
  ];
}

/** Name of the environment that a base URL stands for. */
export function environmentName(baseUrl: string): string {
  const { hostname } = new URL(baseUrl);
  if (/^(localhost|127\.|\[::1\]$)/.test(hostname)) return 'local';
  return /stag|test|\bqa\b|\bdev\b/.test(hostname) ? 'staging' : 'production';
}

/** A text as YAML takes it, with quotes only where it needs them. */
function scalar(text: string): string {
  return /^[A-Za-z][A-Za-z0-9 ._/-]*[A-Za-z0-9]$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

function editorLine(about: Surroundings, file: string, up: string): string {
  return about.schemas === null ? '' : `# yaml-language-server: $schema=${up}${about.schemas}/${file}\n`;
}

function config(about: Surroundings): string {
  const name = environmentName(about.baseUrl);
  const server = about.server !== null && about.server !== about.baseUrl ? about.server : null;
  const otherName = server === null || environmentName(server) === name ? 'canary' : environmentName(server);
  const other = `${otherName}: { base_url: ${JSON.stringify(server ?? 'https://canary.example.com')} }`;
  return `${editorLine(about, 'config.schema.json', './')}# What Ringdown watches, and who is told when it fails. Check it with: npx ringdown validate
version: 1

# Where the service runs. Every scenario is watched in each of them, as for example health@${name}.
environments:
  ${name}: { base_url: ${JSON.stringify(about.baseUrl)} }
  # ${other}

scenarios:
  - "scenarios/**/*.scenario.yaml"

# Other hosts that scenarios may ask. Private and local addresses are refused unless they stand here or above.
# allowed_targets: ["https://auth.example.com"]

# Who is told. Without a channel, pages land in the console and in the web UI. A phone that sounds, with the free
# ntfy app and a topic that nobody can guess; docs/channels.md has the others.
# channels:
#   - { name: phone, type: ntfy, url: "https://ntfy.sh/change-this-to-a-long-random-name" }

# Links in pages begin with it.
# public_url: https://ringdown.example.com
`;
}

function health({ service, healthPath, openapi, ...about }: Surroundings): string {
  return `${editorLine({ service, healthPath, openapi, ...about }, 'scenario.schema.json', '../')}# One journey through the service, run on a schedule, in CI, and by hand:
#   npx ringdown run scenarios/health.scenario.yaml
version: 1
id: health                       # permanent: history and incidents hang on it; the name may change
name: The service answers
service: ${scalar(service)}
schedule:
  every: 1m
  while_failing: 10s             # so that the length of an outage is true
retry: { times: 1, delay: 1s }   # one retry confirms a failure before anyone is told
steps:
  - name: asking whether it is well
    request: GET ${healthPath}
    expect:
      status: 2xx${openapi === null ? '' : `\n      # openapi: ../${openapi}   # the answer is what the description promises`}
    warn:                        # makes the monitor amber, never rings
      duration: { lt: 500ms }

  # A journey has more steps. Name them as something that can fail: the page says "signing in fails: status 500".
  # - name: signing in
  #   request: POST /login
  #   json: { email: qa@example.com, password: "{{ secrets.QA_PASSWORD }}" }
  #   capture:
  #     token: { jsonpath: $.access_token, secret: true }
  # - name: reading the account
  #   request: GET /me
  #   auth: { bearer: "{{ token }}" }
  #   expect:
  #     status: 200
  #     jsonpath:
  #       $.email: qa@example.com

# Values of environment variables, never written here, and redacted wherever a run is shown.
# secrets: [QA_PASSWORD]
`;
}

/** A job for GitHub Actions that is started by hand until somebody decides otherwise. */
export function githubWorkflow({ baseUrl, version }: Surroundings): StarterFile {
  return {
    path: '.github/workflows/ringdown.yaml',
    text: `name: ringdown
on:
  workflow_dispatch:
  # pull_request:               # on every pull request, once the service starts below
  # deployment_status:          # or after each deployment

jobs:
  scenarios:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24 }
      # Start the service here where it does not run yet, and wait for it:
      # - run: docker compose up --wait
      - name: run the scenarios
        run: >
          npx --yes ringdown@${version} run scenarios/*.scenario.yaml
          --env ${environmentName(baseUrl)}
          --reporter console
          --reporter "markdown=$GITHUB_STEP_SUMMARY"
          --reporter junit=ringdown/report.xml
          --reporter html=ringdown/report.html
        # env:
        #   QA_PASSWORD: \${{ secrets.QA_PASSWORD }}
      - uses: actions/upload-artifact@v4
        if: always()
        with: { name: ringdown, path: ringdown }
`,
  };
}
