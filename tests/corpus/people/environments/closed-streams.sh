# A scheduler starts the program with its standard streams closed.
# Right: it works, and no file takes the place of a stream: each record is whole.
"$FETCHBENCH" compare "$SCENARIO" --allow-unfit --blocks 1 --rounds 1 --backend hyper@smol,floor --record record \
    <&- >&- 2>&-
"$FETCHBENCH" report record --json figures.json 2>report.err >report.out
grep -q '"backend"' figures.json
