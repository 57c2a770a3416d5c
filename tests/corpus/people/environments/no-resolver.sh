# A container has neither /etc/hosts nor a resolver.
# Right: a name is `dns` with every backend, and an address needs no look-up.
if ! unshare -Urm true 2>/dev/null; then
    echo "unshare -Urm is not permitted"
    exit 77
fi
: >empty
"$FETCHBENCH" serve "$SCENARIO" >announced &
server=$!
trap 'kill "$server"' EXIT
until [ -s announced ]; do sleep 0.01; done
port=$(sed 's/.*"origins":\["http:[^"]*:\([0-9]*\)".*/\1/' announced)
export port
unshare -Urm sh -eu -c '
    mount --bind empty /etc/hosts
    mount --bind empty /etc/resolv.conf
    for backend in $BACKENDS; do
        "$FETCHBENCH" fetch --backend "$backend" --timeout 5s "http://127.0.0.1:$port/0/0"
        code=0
        "$FETCHBENCH" fetch --backend "$backend" --timeout 5s "http://two.faced:$port/0/0" \
            >printed || code=$?
        [ "$code" = 3 ]
        grep -q "^dns " printed || { cat printed; exit 1; }
    done'
