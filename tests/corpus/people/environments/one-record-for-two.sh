# Two terminals start a comparison into one record.
# Right: one of them ends with a sentence, and with exit code 1 if the record of the other was there when it started, or with
# 5 if it came in between. The record holds the passes of the other.
for terminal in 1 2; do
    {
        code=0
        "$FETCHBENCH" compare "$SCENARIO" --allow-unfit --blocks 1 --rounds 2 --backend hyper@smol,floor \
            --record record 2>"error-$terminal" || code=$?
        echo "$code" >"code-$terminal"
    } &
done
wait
case "$(cat code-1 code-2 | sort | tr '\n' ' ')" in '0 1 ' | '0 5 ') ;; *) exit 1 ;; esac
[ "$(wc -l <record/passes.jsonl)" = 9 ]
