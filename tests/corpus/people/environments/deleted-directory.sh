# A clean-up deletes the directory in which a terminal is still open.
# Right: what needs no directory works. What needs one names it.
mkdir gone
cd gone
rmdir ../gone
"$FETCHBENCH" run --scenario "$SCENARIO" --backend hyper@smol
set -- compare "$SCENARIO" --allow-unfit --blocks 1 --rounds 1 --backend hyper@smol,floor
"$FETCHBENCH" "$@"
code=0
"$FETCHBENCH" "$@" --record results 2>"$HOME/error" || code=$?
[ "$code" = 5 ]
grep -q 'results' "$HOME/error"
