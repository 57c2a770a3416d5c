# cron starts the program without HOME, LANG, TERM and nearly all of PATH.
# Right: it works, and what is not ASCII is printed as it is.
printf 'description = "d"\nconcurrency = 1\n[[site]]\nlabel = "caf\303\251"\nbytes = 10\n' >cafe.toml
env -i "$FETCHBENCH" run --scenario cafe.toml --backend hyper@smol >printed
grep -q "$(printf 'caf\303\251')" printed
env -i "$FETCHBENCH" compare cafe.toml --allow-unfit --blocks 1 --rounds 1 --backend hyper@smol,floor --record record
