#!/usr/bin/env bash
# Makes the user of the watcher and sets Kibana's password. Run by docker-compose.yml; every call may be repeated.
set -euo pipefail

for name in ELASTIC_PASSWORD ELASTIC_RINGDOWN_PASSWORD KIBANA_SYSTEM_PASSWORD; do
  case ${!name} in *[\"\\]*)
    echo "$name holds a quotation mark or a backslash; take letters and digits" >&2
    exit 2
    ;;
  esac
done

# call METHOD PATH < body; passwords go by files and pipes, and into no list of processes.
call() {
  curl --fail-with-body --silent --show-error --output /dev/null --retry 5 --retry-all-errors \
    --request "$1" --header 'content-type: application/json' --data-binary @- \
    --config <(printf 'user = "elastic:%s"\n' "$ELASTIC_PASSWORD") \
    "$ELASTICSEARCH_URL/$2"
}

call PUT _security/role/ringdown <<'JSON'
{
  "cluster": ["monitor", "manage_index_templates", "manage_ingest_pipelines"],
  "indices": [{ "names": ["logs-ringdown.*", "metrics-ringdown.*", "traces-ringdown.*"], "privileges": ["all"] }]
}
JSON
call PUT _security/user/ringdown <<JSON
{ "password": "$ELASTIC_RINGDOWN_PASSWORD", "roles": ["ringdown"], "full_name": "Ringdown's watcher" }
JSON
call POST _security/user/kibana_system/_password <<JSON
{ "password": "$KIBANA_SYSTEM_PASSWORD" }
JSON
echo 'the users ringdown and kibana_system are there'
