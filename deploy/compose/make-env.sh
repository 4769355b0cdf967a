#!/bin/sh
# Writes .env (ENV_FILE) for docker-compose.yml: a random secret for everything that wants one. What .env says already stays.
#   sh deploy/compose/make-env.sh [PROFILE]      elk, tick, grafana, newrelic or all; none: the embedded store alone
set -eu
cd "$(dirname "$0")/../.."
env_file=${ENV_FILE:-.env}
profile=${1-}
case $profile in '' | elk | tick | grafana | newrelic | all) ;; *)
  echo "there is no profile \"$profile\": elk, tick, grafana, newrelic or all" >&2
  exit 2
  ;;
esac

umask 077
touch "$env_file"

# set_to NAME VALUE
set_to() { grep -q "^$1=" "$env_file" || printf '%s=%s\n' "$1" "$2" >>"$env_file"; }
random() { head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

if [ $# -gt 0 ] && grep -q '^COMPOSE_PROFILES=' "$env_file"; then
  # Not sed -i: it means different things on Linux and macOS.
  grep -v '^COMPOSE_PROFILES=' "$env_file" >"$env_file.new" || true
  mv "$env_file.new" "$env_file"
fi
set_to COMPOSE_PROFILES "$profile"
for name in $(sed -n 's/^\([A-Z_]*\)=generated$/\1/p' deploy/compose/.env.example); do set_to "$name" "$(random 24)"; done
echo "$env_file is complete; start with: docker compose up --build --detach"
