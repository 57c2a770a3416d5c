# A container has memory for only a few threads.
# Right: a backend that needs more is reported with the way out. The others are fetched, and the table
# shows them.
# Stacks of 64 MiB leave room for smaller allocations when no further stack fits: where one of those
# fails, any program aborts.
printf 'description = "d"\nconcurrency = 500\n[[site]]\nlabel = "page"\nrepeat = 500\nbytes = 10\n' >crowd.toml
code=0
export MALLOC_ARENA_MAX=1 RUST_MIN_STACK=67108864
(ulimit -v 800000 && exec "$FETCHBENCH" run --scenario crowd.toml --backend ureq@threads,floor) \
    >printed 2>error || code=$?
[ "$code" = 1 ]
grep -q 'cannot open ureq@threads: .*lower --concurrency' error
grep -q '^floor@loop .* s ' printed
