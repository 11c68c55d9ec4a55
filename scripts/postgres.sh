#!/usr/bin/env bash
# A throw-away PostgreSQL for tests, on a Unix socket only:
#   scripts/postgres.sh start DIR   prints its URL
#   scripts/postgres.sh stop DIR
set -euo pipefail
action=$1
directory=$2
bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -1)

# The server refuses to run as root; then it runs as the packages' own user.
as_owner() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

case "$action" in
    start)
        mkdir -p "$directory"
        chmod 755 "$(dirname "$directory")"
        if [ "$(id -u)" = 0 ]; then chown postgres "$directory"; fi
        as_owner "$bin/initdb" -D "$directory/data" -U conclave -A trust -E UTF8 --no-sync >"$directory.log" 2>&1
        as_owner "$bin/pg_ctl" -D "$directory/data" -w -l "$directory/log" -o "-k $directory -c listen_addresses='' \
            -c max_connections=300 -c fsync=off" start >>"$directory.log" 2>&1
        echo "postgres:///postgres?host=$directory&user=conclave"
        ;;
    stop)
        as_owner "$bin/pg_ctl" -D "$directory/data" -m immediate stop >/dev/null 2>&1 || true
        ;;
esac
