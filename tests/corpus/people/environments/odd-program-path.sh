# The program lies below a directory whose name holds a blank, a quote and bytes that are not UTF-8.
# Right: it starts its server and workers.
directory=$(printf 'it'"'"'s a \377 place')
mkdir "$directory"
cp "$FETCHBENCH" "$directory/fetch bench"
"./$directory/fetch bench" compare "$SCENARIO" --allow-unfit --blocks 1 --rounds 1 --backend hyper@smol,floor \
    --record record
