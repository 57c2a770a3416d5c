# Two terminals start a comparison into one record.
# Right: one of them ends with exit code 5 and a sentence. The record holds the passes of the other.
for terminal in 1 2; do
    {
        code=0
        "$FETCHBENCH" compare "$SCENARIO" --allow-unfit --blocks 1 --rounds 2 --backend hyper@smol,floor \
            --record record 2>"error-$terminal" || code=$?
        echo "$code" >"code-$terminal"
    } &
done
wait
[ "$(cat code-1 code-2 | sort | tr '\n' ' ')" = '0 5 ' ]
[ "$(wc -l <record/passes.jsonl)" = 9 ]
