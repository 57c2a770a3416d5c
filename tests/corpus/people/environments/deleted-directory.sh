# A clean-up deletes the directory in which a terminal is still open.
# Right: what needs no directory works. What needs one names it.
mkdir gone
cd gone
rmdir ../gone
"$FETCHBENCH" run --scenario "$SCENARIO" --backend hyper@smol
code=0
"$FETCHBENCH" compare "$SCENARIO" --allow-unfit --blocks 1 --rounds 1 --backend hyper@smol,floor 2>"$HOME/error" || code=$?
[ "$code" = 5 ]
grep -q 'results' "$HOME/error"
