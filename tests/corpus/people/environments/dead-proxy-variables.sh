# A company's proxy stands in the environment and does not answer.
# Right: no backend asks it. The sites of a scenario are on this machine.
for name in http_proxy https_proxy all_proxy; do
    upper=$(echo "$name" | tr a-z A-Z)
    export "$name=http://127.0.0.1:1" "$upper=http://127.0.0.1:1"
done
for backend in $BACKENDS; do
    "$FETCHBENCH" run --scenario "$SCENARIO" --backend "$backend"
done
"$FETCHBENCH" compare "$SCENARIO" --allow-unfit --blocks 1 --rounds 1 --backend hyper@smol,floor --record record
