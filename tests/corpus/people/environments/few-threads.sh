# A container has memory for only a few threads.
# Right: a backend that needs more is reported with the way out. The others are fetched, and the table
# shows them.
printf 'description = "d"\nconcurrency = 500\n[[site]]\nlabel = "page"\nrepeat = 500\nbytes = 10\n' >crowd.toml
code=0
(ulimit -v 500000 && exec "$FETCHBENCH" run --scenario crowd.toml --backend ureq@threads,floor) \
    >printed 2>error || code=$?
[ "$code" = 1 ]
grep -q 'cannot open ureq@threads: .*lower --concurrency' error
grep -q '^floor@loop .* s ' printed
