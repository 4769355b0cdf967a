#!/bin/bash
# As the vendor's: a setting is an environment variable with a dot in its name, the superuser's password ELASTIC_PASSWORD.
set -euo pipefail
settings=()
while IFS='=' read -r -d '' name value; do
  case $name in *.*) settings+=("-E$name=$value") ;; esac
done < <(env --null)
[ -f config/elasticsearch.keystore ] || bin/elasticsearch-keystore create
printf '%s' "$ELASTIC_PASSWORD" | bin/elasticsearch-keystore add --stdin --force bootstrap.password
exec bin/elasticsearch "${settings[@]}"
