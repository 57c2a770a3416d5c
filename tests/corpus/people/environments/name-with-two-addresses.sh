# `localhost` means ::1 first, and the server listens on 127.0.0.1 only.
# Right: every backend tries the second address.
if ! unshare -Urm true 2>/dev/null; then
    echo "unshare -Urm is not permitted"
    exit 77
fi
"$FETCHBENCH" serve "$SCENARIO" >announced &
server=$!
trap 'kill "$server"' EXIT
until [ -s announced ]; do sleep 0.01; done
port=$(sed 's/.*"origins":\["http:[^"]*:\([0-9]*\)".*/\1/' announced)
printf '::1 two-faced\n127.0.0.1 two-faced\n' >hosts
export port
unshare -Urm sh -eu -c '
    mount --bind hosts /etc/hosts
    for backend in $BACKENDS; do
        "$FETCHBENCH" fetch --backend "$backend" --timeout 5s "http://two-faced:$port/0/0"
    done'
