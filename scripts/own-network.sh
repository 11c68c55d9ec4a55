#!/usr/bin/env bash
# Runs a command in a network of its own, with an address and a default route that leads nowhere:
#   scripts/own-network.sh COMMAND...
# Firefox sends media along a default route only, never over the loopback. Ends with 77 where the system permits no
# such network.
set -euo pipefail

NOT_PERMITTED=77
export CONCLAVE_OWN_NETWORK=10.77.0.1
# Debian keeps `ip` where only root looks.
PATH=$PATH:/usr/sbin:/sbin

# Both ends of the pair are in here: a route needs a link that is up, and nobody at its other end.
setup='
    ip link set lo up
    ip link add eth0 type veth peer name eth1
    ip address add "$CONCLAVE_OWN_NETWORK/24" dev eth0
    ip link set eth0 up
    ip link set eth1 up
    ip route add default dev eth0
    exec "$@"'

for rights in "" "--user --map-root-user"; do
    # Words of its own, or none.
    # shellcheck disable=SC2086
    if unshare $rights --net bash -euc "$setup" - true 2>/dev/null; then
        exec unshare $rights --net bash -euc "$setup" - "$@"
    fi
done
exit "$NOT_PERMITTED"
