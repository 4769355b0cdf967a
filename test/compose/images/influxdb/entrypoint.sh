#!/bin/bash
# As the vendor's: the administrator is made once, before anybody else can reach the server.
set -euo pipefail
export INFLUXDB_META_DIR=/var/lib/influxdb/meta INFLUXDB_DATA_DIR=/var/lib/influxdb/data INFLUXDB_DATA_WAL_DIR=/var/lib/influxdb/wal
if [ ! -d "$INFLUXDB_META_DIR" ]; then
  INFLUXDB_HTTP_BIND_ADDRESS=127.0.0.1:8086 influxd &
  until influx -execute "CREATE USER \"$INFLUXDB_ADMIN_USER\" WITH PASSWORD '$INFLUXDB_ADMIN_PASSWORD' WITH ALL PRIVILEGES" >/dev/null 2>&1; do sleep 0.2; done
  kill "$!" && wait "$!"
fi
exec influxd
