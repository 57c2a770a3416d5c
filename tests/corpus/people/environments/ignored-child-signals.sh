# A parent ignores SIGCHLD, as some supervisors do, and the program inherits that.
# Right: workers are waited for all the same, and none is left.
trap '' CHLD
"$FETCHBENCH" compare "$SCENARIO" --allow-unfit --blocks 1 --rounds 2 --backend hyper@smol,floor --record record
