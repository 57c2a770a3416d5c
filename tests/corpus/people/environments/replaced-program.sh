# A build replaces the program while a comparison runs.
# Right: every block runs the program that was started. A newer one would mix two builds.
cp "$FETCHBENCH" program
./program compare "$SCENARIO" --allow-unfit --blocks 3 --rounds 2 --backend hyper@smol,floor --record record &
comparison=$!
until [ -s record/passes.jsonl ]; do kill -0 "$comparison" && sleep 0.01; done
printf '#!/bin/sh\nexit 1\n' >newer
chmod +x newer
mv -f newer program
wait "$comparison"
grep -q '"block":2' record/passes.jsonl
