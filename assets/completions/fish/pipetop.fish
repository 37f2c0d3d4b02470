# fish completion for pipetop
# What there is now (pipes, scenes, columns) pipetop itself is asked for.

# The pipes that are there, worst first, by number: "pipe:[6715]" would need quotes.
function __pipetop_pipes
    pipetop -o inode,verdict,writer,reader --noheadings --raw --confirm=0 --fail-on=never 2>/dev/null |
        string replace -r '^(\S+) (\S+) (\S+) ' '$1\t$2 $3 -> ' | string replace -a '\x20' ' '
    __fish_complete_path (commandline -ct | string replace -r '^--[a-z]+=' '')
end

function __pipetop_scenes
    pipetop --demo=list | string replace -r ' +' \t
    echo list\t'name the scenes'
end

function __pipetop_columns
    pipetop --list-columns | string replace -r ' +' \t
end

function __pipetop_verdicts
    string split ' ' 'deadlock stalled backpressure starved half-open moving idle unknown'
end

# The words between commas of a list, of which the last is being written.
function __pipetop_list
    set -l token (commandline -ct | string replace -r '^(--[a-z]+=|-[a-z])' '')
    set -l before (string replace -rf '^(.*,|\+).*' '$1' -- $token)
    $argv | string replace -r '^' "$before"
end

# The words behind "--", the last one included.
function __pipetop_command
    set -l words (commandline -cop) (commandline -ct)
    set -l at (contains -i -- -- $words[1..-2])
    and printf '%s\n' $words[(math $at + 1)..]
end

complete -c pipetop -f
complete -c pipetop -n 'not __pipetop_command >/dev/null' -a '(__fish_complete_pids)'
complete -c pipetop -n '__pipetop_command >/dev/null' -a '(__fish_complete_subcommand --commandline (__pipetop_command))'

complete -c pipetop -s r -l report -d 'print one report and exit'
complete -c pipetop -s w -l watch -d 'print a line for each change'
complete -c pipetop -l demo -d 'start a scene and look at it'
complete -c pipetop -n 'commandline -ct | string match -q -- "--demo=*"' -a '--demo=(__pipetop_scenes)'
complete -c pipetop -l replay -r -F -d 'look at recorded facts'
complete -c pipetop -l record -r -F -d 'also write the facts that were found'
complete -c pipetop -l redact -d 'write tokens for names, arguments and paths'
complete -c pipetop -l peek -x -k -a '(__pipetop_pipes)' -d 'print the bytes that wait in the pipe'
complete -c pipetop -l grow -x -k -a '(__pipetop_pipes)' -d 'make the pipe larger, so that its writer goes on'
complete -c pipetop -l grow-all-stuck -d 'make every pipe of a deadlock larger'
complete -c pipetop -l drain -x -k -a '(__pipetop_pipes)' -d 'take the bytes out of the pipe'
complete -c pipetop -l backtrace -x -a '(__fish_complete_pids)' -d 'print the stacks of a process'
complete -c pipetop -l on-deadlock -x -d 'run this for each new deadlock'
complete -c pipetop -l kill-on-deadlock -d 'kill a COMMAND that is stuck'
complete -c pipetop -l readonly -d 'do nothing but look'
complete -c pipetop -s p -l pid -x -a '(__pipetop_list __fish_complete_pids)' -d 'only around these processes'
complete -c pipetop -l max-fds -x -d 'read at most so many descriptors in a look'
complete -c pipetop -l depth -x -d 'follow the other ends so many times'
complete -c pipetop -s a -l all -d 'show every pipe'
complete -c pipetop -l stuck -d 'show only what something is stuck on'
complete -c pipetop -l engine -x -a 'auto proc bpf' -d 'what to look with'
complete -c pipetop -l confirm -x -d 'milliseconds between two looks'
complete -c pipetop -l stall -x -d 'milliseconds from when on a blocked writer is stalled'
complete -c pipetop -l fail-on -x -a 'proved deadlock stall never' -d 'what makes the exit status 1'
complete -c pipetop -l strict -d 'exit with 2 when not everything could be seen'
complete -c pipetop -l cpu-budget -x -d 'percent of a core for the screen'
complete -c pipetop -s d -l interval -x -d 'seconds between two looks'
complete -c pipetop -s n -l count -x -d 'leave after so many looks'
complete -c pipetop -l format -x -a 'text json dot openmetrics' -d 'form of the report'
complete -c pipetop -l json -d 'report as JSON'
complete -c pipetop -l output -r -F -d 'write the report there'
complete -c pipetop -l color -x -a 'auto always never' -d 'whether to use colours'
complete -c pipetop -l ascii -d 'draw with ASCII characters only'
complete -c pipetop -s o -l columns -x -a '(__pipetop_list __pipetop_columns)' -d 'list the pipes in these columns'
complete -c pipetop -s H -l list-columns -d 'name the columns'
complete -c pipetop -l where -x -a '(__pipetop_list __pipetop_verdicts)' -d 'only pipes with one of these verdicts'
complete -c pipetop -l filter -x -d 'only rows for which an expression holds'
complete -c pipetop -l noheadings -d 'no headings of the list'
complete -c pipetop -l raw -d 'one blank between columns of the list'
complete -c pipetop -l bytes -d 'sizes in bytes'
complete -c pipetop -s h -l help -d 'print help'
complete -c pipetop -s V -l version -d 'print the version'
