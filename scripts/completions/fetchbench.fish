# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_fetchbench_global_optspecs
    string join \n sites= skip-bad scenario= time-scale= backend= concurrency= timeout= max-body= redirects= H/header= cacert= h/help V/version
end

function __fish_fetchbench_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_fetchbench_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_fetchbench_using_subcommand
    set -l cmd (__fish_fetchbench_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c fetchbench -n "__fish_fetchbench_needs_command" -l sites -d 'File of urls, one a line, or TOML with `site` tables of `url` and `label`; `-` is stdin' -r -F
complete -c fetchbench -n "__fish_fetchbench_needs_command" -l scenario -d 'Built-in scenario or path of a TOML file [default: article]' -r
complete -c fetchbench -n "__fish_fetchbench_needs_command" -l time-scale -d 'Multiply all delays of the scenario: 0 for none at all' -r
complete -c fetchbench -n "__fish_fetchbench_needs_command" -l backend -d 'Row, or client or executor for all of its rows; may be repeated [default: every row that fetches for real]' -r
complete -c fetchbench -n "__fish_fetchbench_needs_command" -l concurrency -d 'Most fetches at one moment [default: the scenario\'s; for urls as many as there are, up to 64]' -r
complete -c fetchbench -n "__fish_fetchbench_needs_command" -l timeout -d 'Longest a fetch may take, with all its redirects, such as 500ms or 10s [default: 30s]' -r
complete -c fetchbench -n "__fish_fetchbench_needs_command" -l max-body -d 'Longest body that is accepted, such as 15kB or 2MiB [default: 64MiB]' -r
complete -c fetchbench -n "__fish_fetchbench_needs_command" -l redirects -d 'Redirects to follow [default: 0; 10 when `run` is given urls]' -r
complete -c fetchbench -n "__fish_fetchbench_needs_command" -s H -l header -d 'Header to send, in place of ours of the same name; may be repeated' -r
complete -c fetchbench -n "__fish_fetchbench_needs_command" -l cacert -d 'File of certificates, PEM or DER, to trust in place of the web\'s roots' -r -F
complete -c fetchbench -n "__fish_fetchbench_needs_command" -l skip-bad -d 'Skip the lines of FILE that are not urls'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -s V -l version -d 'Print version'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "run" -d 'Fetch the same sites one after another and then concurrently, once with each row, and compare the totals'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "compare" -d 'Compare rows in paired rounds: which is faster, by how much, and whether that is real'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "fetch" -d 'Fetch urls through one row and say what came of each'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "list" -d 'List the rows, the built-in scenarios and the faults that there are to choose from'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "verify" -d 'Show what each row makes of answers that are wrong, late or without end'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "serve" -d 'Serve the sites of a scenario, each after its delay'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "report" -d 'Show a record: as it was printed, or as a page, a picture, Markdown, JSON or CSV'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "diff" -d 'Compare two records of `compare`: which rows have become faster or slower, and whether that is real'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "audit" -d 'Show what each row sends, and where it differs from the others'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "doctor" -d 'Tell whether this machine is fit to measure on, and what to do where it is not'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "completions" -d 'Print the completions of a shell'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "man" -d 'Write the manual pages into a folder, one for each command'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "calibration" -d 'Cut a long comparison of a row with itself and with itself slowed into many, and tell how often each is right'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "worker" -d 'Fetch for a comparison: orders come on stdin, results go to stdout, a line of JSON each'
complete -c fetchbench -n "__fish_fetchbench_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -l sites -d 'File of urls, one a line, or TOML with `site` tables of `url` and `label`; `-` is stdin' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -l scenario -d 'Built-in scenario or path of a TOML file [default: article]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -l time-scale -d 'Multiply all delays of the scenario: 0 for none at all' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -l backend -d 'Row, or client or executor for all of its rows; may be repeated [default: every row that fetches for real]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -l concurrency -d 'Most fetches at one moment [default: the scenario\'s; for urls as many as there are, up to 64]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -l timeout -d 'Longest a fetch may take, with all its redirects, such as 500ms or 10s [default: 30s]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -l max-body -d 'Longest body that is accepted, such as 15kB or 2MiB [default: 64MiB]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -l redirects -d 'Redirects to follow [default: 0; 10 when `run` is given urls]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -s H -l header -d 'Header to send, in place of ours of the same name; may be repeated' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -l cacert -d 'File of certificates, PEM or DER, to trust in place of the web\'s roots' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -l skip-bad -d 'Skip the lines of FILE that are not urls'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l sites -d 'File of live sites to compare on instead, one url a line, or TOML with `site` tables of `url` and `label`; `-` is stdin. Each row visits them once a round, with a second\'s pause, and the network is part of the figures' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l backend -d 'Row, client or executor for all of its rows, or exec:PROGRAM for a worker of your own; may be repeated [default: every row]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l reference -d 'Row to compare the others with [default: hyper@tokio where it takes part, else the first that is not sequential]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l blocks -d 'Blocks on each scenario, in place of a budget of time' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l budget -d 'Time to spend on all scenarios together' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l cycles -d 'Rounds in a block, at most' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l seed -d 'Seed of the orders in which rows take their turns' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l time-scale -d 'Multiply all delays [default: 0.02 for article, else 1]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l placement -d 'Cores that processes run on: what METHODOLOGY.md tells of them was measured with this' -r -f -a "apart\t''
one-core\t''"
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l record -d 'Folder of the record; it must not hold one yet [default: a new one in results/]' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l export-json -d 'Write the figures as JSON to FILE, or to stdout with `-`' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l export-markdown -d 'Write the tables as Markdown' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l export-csv -d 'Write the figures as CSV' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l skip-bad -d 'Skip the lines of FILE that are not urls'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -l force -d 'Replace the record that the folder holds'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -l sites -d 'File of urls, one a line, or TOML with `site` tables of `url` and `label`; `-` is stdin' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -l backend -d 'Row to fetch with: see `fetchbench list backends`' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -l concurrency -d 'Most fetches at one moment [default: the scenario\'s; for urls as many as there are, up to 64]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -l timeout -d 'Longest a fetch may take, with all its redirects, such as 500ms or 10s [default: 30s]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -l max-body -d 'Longest body that is accepted, such as 15kB or 2MiB [default: 64MiB]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -l redirects -d 'Redirects to follow [default: 0; 10 when `run` is given urls]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -s H -l header -d 'Header to send, in place of ours of the same name; may be repeated' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -l cacert -d 'File of certificates, PEM or DER, to trust in place of the web\'s roots' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -l format -d 'How to write the outcome' -r -f -a "text\t''
json\t''"
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -l skip-bad -d 'Skip the lines of FILE that are not urls'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand fetch" -s h -l help -d 'Print help'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand list" -l format -d 'How to write the list' -r -f -a "text\t''
json\t''"
complete -c fetchbench -n "__fish_fetchbench_using_subcommand list" -s h -l help -d 'Print help'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand verify" -l backend -d 'Row, client or executor for all of its rows, or exec:PROGRAM for a worker of your own; may be repeated [default: every row that is built in, or set up by scripts/peers]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand verify" -l fault -d 'Fault to meet; may be repeated [default: all, see `fetchbench list faults`]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand verify" -l deadline -d 'Longest a fetch may take' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand verify" -l format -d 'How to write the grid' -r -f -a "text\t''
markdown\t''
json\t''"
complete -c fetchbench -n "__fish_fetchbench_using_subcommand verify" -l record -d 'Keep the grid as conformance.json and conformance.md in this folder too' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand verify" -l splice -d 'Set what each client falls for into FILE, between its lines <!-- BEGIN: conformance --> and <!-- END: conformance -->; may be repeated' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l time-scale -d 'Multiply all delays by this: 0 for none at all' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l listen -d 'Address to listen at, such as 127.0.0.1:8080 or `[::1]`: with a port the origins take it and those that follow, then the control channel; without one any that are free' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l cores -d 'Event loops, each on a core of its own; connections are dealt to them by turns' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l spin -d 'Spin for the last half millisecond before an answer is due, since an idle core wakes late, and for 50 µs when all is answered, since waking it would cost the clients [default: on where the process may run on more cores than it has loops]' -r -f -a "on\t''
off\t''"
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l access-log -d 'Write each answer down as a line of JSON, at the end of this file; `-` is stdout' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l max-connections -d 'Most connections at one moment; further clients wait to be accepted [default: as many as there are descriptors]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l head-timeout -d 'Longest that the head of a request may take from its first byte to its last' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l capacity -d 'Serve nothing: measure what the server can do here, loaded by the raw client, and say it'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l tls -d 'Serve every site over https; the certificate to trust stands in the line that is printed'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l allow-remote -d 'Serve others than this machine: needed for any --listen that is not a loopback address'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -l end-with-stdin -d 'End when standard input does, as it also does when the parent is killed'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand report" -l html -d 'Write one HTML file, which opens anywhere, to FILE' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand report" -l svg -d 'Draw a picture into FILE' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand report" -l markdown -d 'Write Markdown to FILE' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand report" -l json -d 'Write the figures as JSON to FILE' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand report" -l csv -d 'Write the figures as CSV to FILE' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand report" -l criterion -d 'Show where the record of `cargo bench` in DIR agrees with a comparison, and where not' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand report" -l index -d 'Write a list of all records beside this one as an HTML page to FILE' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand report" -l splice -d 'Set the short report into FILE, between its markers' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand diff" -l fail-if -d 'End with exit code 4 if that is shown of any row: median, ratio or cpu, and by how much; may be repeated' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand diff" -l force -d 'Compare records of different machines all the same'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand diff" -s h -l help -d 'Print help'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand audit" -l backend -d 'Row, client or executor for all of its rows, or exec:PROGRAM; may be repeated [default: every usual row]' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand audit" -l format -d 'How to write it' -r -f -a "text\t''
markdown\t''
json\t''"
complete -c fetchbench -n "__fish_fetchbench_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand completions" -s h -l help -d 'Print help'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand man" -s h -l help -d 'Print help'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand calibration" -l blocks -d 'Blocks of each experiment; may be repeated' -r
complete -c fetchbench -n "__fish_fetchbench_using_subcommand calibration" -l run -d 'Folder of a run as people make it, over the row and itself slowed: experiments of as many blocks as it has, and of a quarter of them, are cut as well' -r -F
complete -c fetchbench -n "__fish_fetchbench_using_subcommand calibration" -l block-lengths -d 'Tell instead what blocks of fewer cycles would have been worth'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand calibration" -s h -l help -d 'Print help'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand worker" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "run" -d 'Fetch the same sites one after another and then concurrently, once with each row, and compare the totals'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "compare" -d 'Compare rows in paired rounds: which is faster, by how much, and whether that is real'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "fetch" -d 'Fetch urls through one row and say what came of each'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "list" -d 'List the rows, the built-in scenarios and the faults that there are to choose from'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "verify" -d 'Show what each row makes of answers that are wrong, late or without end'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "serve" -d 'Serve the sites of a scenario, each after its delay'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "report" -d 'Show a record: as it was printed, or as a page, a picture, Markdown, JSON or CSV'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "diff" -d 'Compare two records of `compare`: which rows have become faster or slower, and whether that is real'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "audit" -d 'Show what each row sends, and where it differs from the others'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "doctor" -d 'Tell whether this machine is fit to measure on, and what to do where it is not'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "completions" -d 'Print the completions of a shell'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "man" -d 'Write the manual pages into a folder, one for each command'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "calibration" -d 'Cut a long comparison of a row with itself and with itself slowed into many, and tell how often each is right'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "worker" -d 'Fetch for a comparison: orders come on stdin, results go to stdout, a line of JSON each'
complete -c fetchbench -n "__fish_fetchbench_using_subcommand help; and not __fish_seen_subcommand_from run compare fetch list verify serve report diff audit doctor completions man calibration worker help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
