# Completion of assayctl for fish: printed by `assayctl --dump completion-fish`.

# The words so far that are no options, nor values of those that may stand anywhere.
function __assayctl_said
    set -l skips 0
    for word in (commandline -opc)[2..-1]
        if test $skips = 1
            set skips 0
            continue
        end
        switch $word
            case --socket --color
                set skips 1
            case '-*' help
            case '*'
                echo $word
        end
    end
end

# Nothing but these words was said: another one of a command may follow.
function __assayctl_at
    test (string join -- ' ' (__assayctl_said) | string collect -a) = "$argv"
end

# The command begins with these words.
function __assayctl_is
    string match -q -- "$argv *" (string join -- ' ' (__assayctl_said) '')
end

complete -c assayctl -f
complete -c assayctl -l json -d 'one line of JSON'
complete -c assayctl -l socket -r -F -d 'of assayd'
complete -c assayctl -l color -x -a 'auto always never' -d 'when to use colours'
complete -c assayctl -s h -l help -d 'what the command does'
complete -c assayctl -n __assayctl_at -l version -d 'the version'
complete -c assayctl -n '__assayctl_at' -a status -d 'What assayd has loaded and is doing.'
complete -c assayctl -n '__assayctl_at' -a top -d 'Runs under way, and what plugins cost, live.'
complete -c assayctl -n '__assayctl_is top' -l once -d 'one snapshot, as in a pipe'
complete -c assayctl -n '__assayctl_at' -a check -d 'Read configuration and evals anew, as a dry run.'
complete -c assayctl -n '__assayctl_at' -a daemon
complete -c assayctl -n '__assayctl_at daemon' -a reload -d 'Put configuration and evals in force anew.'
complete -c assayctl -n '__assayctl_is daemon reload' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a daemon
complete -c assayctl -n '__assayctl_at daemon' -a metrics -d 'Counts, sizes and times, for Prometheus.'
complete -c assayctl -n '__assayctl_at' -a daemon
complete -c assayctl -n '__assayctl_at daemon' -a log -d 'Who changed what in runs and in assayd, and why.'
complete -c assayctl -n '__assayctl_is daemon log' -l limit -x -d 'so many; 50 when not given'
complete -c assayctl -n '__assayctl_is daemon log' -l before -x -d 'only entries before this one'
complete -c assayctl -n '__assayctl_at' -a daemon
complete -c assayctl -n '__assayctl_at daemon' -a limits -d 'What each provider account may be asked for.'
complete -c assayctl -n '__assayctl_at' -a daemon
complete -c assayctl -n '__assayctl_at daemon' -a limits
complete -c assayctl -n '__assayctl_at daemon limits' -a set -d 'Set a provider account\'s limits, at once.'
complete -c assayctl -n '__assayctl_is daemon limits set' -l concurrency -x -d 'calls in flight at most; 0 lifts it'
complete -c assayctl -n '__assayctl_is daemon limits set' -l rpm -x -d 'requests a minute; 0 lifts it'
complete -c assayctl -n '__assayctl_is daemon limits set' -l tpm -x -d 'tokens a minute; 0 lifts it'
complete -c assayctl -n '__assayctl_is daemon limits set' -l reset -d 'back to those of the configuration'
complete -c assayctl -n '__assayctl_is daemon limits set' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a plugin
complete -c assayctl -n '__assayctl_at plugin' -a ls -d 'The plugins in force, and files that were refused.'
complete -c assayctl -n '__assayctl_is plugin ls' -l kind -x -d 'only scorer, rubric, provider or redactor'
complete -c assayctl -n '__assayctl_at' -a plugin
complete -c assayctl -n '__assayctl_at plugin' -a show -d 'What a plugin measures, its parameters and source.'
complete -c assayctl -n '__assayctl_is plugin show' -l kind -x -d 'for a name that two kinds share'
complete -c assayctl -n '__assayctl_at' -a plugin
complete -c assayctl -n '__assayctl_at plugin' -a versions -d 'Every version of a plugin that is known.'
complete -c assayctl -n '__assayctl_is plugin versions' -l kind -x -d 'for a name that two kinds share'
complete -c assayctl -n '__assayctl_at' -a plugin
complete -c assayctl -n '__assayctl_at plugin' -a diff -d 'What differs between two versions of a plugin.'
complete -c assayctl -n '__assayctl_is plugin diff' -l kind -x -d 'for a name that two kinds share'
complete -c assayctl -n '__assayctl_at' -a plugin
complete -c assayctl -n '__assayctl_at plugin' -a new -d 'Write a plugin file to begin with.'
complete -c assayctl -n '__assayctl_is plugin new' -l from -x -d 'a copy of this one, under the new name'
complete -c assayctl -n '__assayctl_is plugin new' -l output -r -F -d 'where to; NAME.lua when not given'
complete -c assayctl -n '__assayctl_at' -a plugin
complete -c assayctl -n '__assayctl_at plugin' -a test -d 'Run a live plugin\'s examples, with their times.'
complete -c assayctl -n '__assayctl_is plugin test' -l kind -x -d 'for a name that two kinds share'
complete -c assayctl -n '__assayctl_at' -a plugin
complete -c assayctl -n '__assayctl_at plugin' -a check -d 'Try a plugin file in the jail, with its examples.'
complete -c assayctl -n '__assayctl_is plugin check' -F
complete -c assayctl -n '__assayctl_is plugin check' -l strict -d 'a warning is an error'
complete -c assayctl -n '__assayctl_at' -a plugin
complete -c assayctl -n '__assayctl_at plugin' -a shadow -d 'What another version of a scorer would have said.'
complete -c assayctl -n '__assayctl_is plugin shadow' -l last -x -d 'over so many groups that used it; 10 when not given'
complete -c assayctl -n '__assayctl_at' -a eval
complete -c assayctl -n '__assayctl_at eval' -a ls -d 'The evals, and files that were refused.'
complete -c assayctl -n '__assayctl_at' -a eval
complete -c assayctl -n '__assayctl_at eval' -a show -d 'An eval: dataset, members, metrics, gate.'
complete -c assayctl -n '__assayctl_at' -a dataset
complete -c assayctl -n '__assayctl_at dataset' -a import -d 'Import files as a new version of a dataset.'
complete -c assayctl -n '__assayctl_is dataset import' -F
complete -c assayctl -n '__assayctl_is dataset import' -l strict -d 'one bad line refuses the whole import'
complete -c assayctl -n '__assayctl_at' -a dataset
complete -c assayctl -n '__assayctl_at dataset' -a from-run -d 'Make a dataset of some cases of a run.'
complete -c assayctl -n '__assayctl_at dataset from-run' -a last
complete -c assayctl -n '__assayctl_is dataset from-run' -l where -x -d 'failed, flipped or \'score<0.5\'; needed'
complete -c assayctl -n '__assayctl_is dataset from-run' -l model -x -d 'only what this member did'
complete -c assayctl -n '__assayctl_is dataset from-run' -l metric -x -d 'by this one, not the primary metric'
complete -c assayctl -n '__assayctl_is dataset from-run' -l to -x -d 'of flipped only those to pass, or to fail'
complete -c assayctl -n '__assayctl_is dataset from-run' -l recorded -d 'MODEL\'s answers are what the cases record'
complete -c assayctl -n '__assayctl_is dataset from-run' -l add -d 'to the cases that NAME has already'
complete -c assayctl -n '__assayctl_at' -a dataset
complete -c assayctl -n '__assayctl_at dataset' -a ls -d 'Every version of every dataset.'
complete -c assayctl -n '__assayctl_at' -a dataset
complete -c assayctl -n '__assayctl_at dataset' -a show -d 'A dataset version and its first cases.'
complete -c assayctl -n '__assayctl_is dataset show' -l limit -x -d 'cases to show; 50 when not given'
complete -c assayctl -n '__assayctl_is dataset show' -l after -x -d 'cases after the Nth'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a start -d 'Start a run group of an eval.'
complete -c assayctl -n '__assayctl_is run start' -l wait -d 'wait for its end and show the result'
complete -c assayctl -n '__assayctl_is run start' -l gate -d 'wait; the exit code is the gate\'s'
complete -c assayctl -n '__assayctl_is run start' -l timeout -x -d 'wait so long at most: 90s, 15m, 1h30m'
complete -c assayctl -n '__assayctl_is run start' -l output -r -F -d 'wait, and write a report: .html .md .xml .json ...'
complete -c assayctl -n '__assayctl_is run start' -l format -x -d 'of that, when its name does not tell'
complete -c assayctl -n '__assayctl_is run start' -l compare-with -x -d 'wait, and compare with that run or its JSON report'
complete -c assayctl -n '__assayctl_is run start' -l models -x -d 'these candidates instead of the eval\'s'
complete -c assayctl -n '__assayctl_is run start' -l where -x -d 'only such cases: tag=billing,split=test'
complete -c assayctl -n '__assayctl_is run start' -l max-cases -x -d 'N of the cases'
complete -c assayctl -n '__assayctl_is run start' -l sample -x -d 'which: head, random or stratified:KEY'
complete -c assayctl -n '__assayctl_is run start' -l seed -x -d 'of the draw; 0 when not given'
complete -c assayctl -n '__assayctl_is run start' -l samples -x -d 'answers per case and member'
complete -c assayctl -n '__assayctl_is run start' -l temperature -x -d 'of all members, not the judge'
complete -c assayctl -n '__assayctl_is run start' -l max-concurrent -x -d 'calls in flight at most'
complete -c assayctl -n '__assayctl_is run start' -l request-delay -x -d 'seconds between calls; 0.5 will do too'
complete -c assayctl -n '__assayctl_is run start' -l cache -d 'reuse good replies of any run, 7d old at most'
complete -c assayctl -n '__assayctl_is run start' -l journal -x -d 'live, cache or replay, not as the eval says'
complete -c assayctl -n '__assayctl_is run start' -l max-cost-usd -x -d 'cap on what all calls cost'
complete -c assayctl -n '__assayctl_is run start' -l max-requests -x -d 'cap on requests, retries included'
complete -c assayctl -n '__assayctl_is run start' -l max-tokens -x -d 'cap on tokens, in and out'
complete -c assayctl -n '__assayctl_is run start' -l no-early-stop -d 'run every case, without looks'
complete -c assayctl -n '__assayctl_is run start' -l tag -x -d 'what to call it'
complete -c assayctl -n '__assayctl_is run start' -l scheduled -d 'its calls go behind those of other runs'
complete -c assayctl -n '__assayctl_is run start' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a plan -d 'What a run would take, without a call.'
complete -c assayctl -n '__assayctl_is run plan' -l models -x -d 'these candidates instead of the eval\'s'
complete -c assayctl -n '__assayctl_is run plan' -l where -x -d 'only such cases: tag=billing,split=test'
complete -c assayctl -n '__assayctl_is run plan' -l max-cases -x -d 'N of the cases'
complete -c assayctl -n '__assayctl_is run plan' -l sample -x -d 'which: head, random or stratified:KEY'
complete -c assayctl -n '__assayctl_is run plan' -l seed -x -d 'of the draw; 0 when not given'
complete -c assayctl -n '__assayctl_is run plan' -l samples -x -d 'answers per case and member'
complete -c assayctl -n '__assayctl_is run plan' -l temperature -x -d 'of all members, not the judge'
complete -c assayctl -n '__assayctl_is run plan' -l max-concurrent -x -d 'calls in flight at most'
complete -c assayctl -n '__assayctl_is run plan' -l request-delay -x -d 'seconds between calls; 0.5 will do too'
complete -c assayctl -n '__assayctl_is run plan' -l cache -d 'reuse good replies of any run, 7d old at most'
complete -c assayctl -n '__assayctl_is run plan' -l journal -x -d 'live, cache or replay, not as the eval says'
complete -c assayctl -n '__assayctl_is run plan' -l max-cost-usd -x -d 'cap on what all calls cost'
complete -c assayctl -n '__assayctl_is run plan' -l max-requests -x -d 'cap on requests, retries included'
complete -c assayctl -n '__assayctl_is run plan' -l max-tokens -x -d 'cap on tokens, in and out'
complete -c assayctl -n '__assayctl_is run plan' -l no-early-stop -d 'run every case, without looks'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a ls -d 'Run groups, the newest first.'
complete -c assayctl -n '__assayctl_is run ls' -l eval -x -d 'only of this eval'
complete -c assayctl -n '__assayctl_is run ls' -l limit -x -d 'so many; 50 when not given'
complete -c assayctl -n '__assayctl_is run ls' -l before -x -d 'only older ones than this'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a show -d 'Members, metrics, comparisons, verdict of a run.'
complete -c assayctl -n '__assayctl_at run show' -a last
complete -c assayctl -n '__assayctl_is run show' -l by -x -d 'by scorer, tag or model'
complete -c assayctl -n '__assayctl_is run show' -l detailed -d 'every column there is'
complete -c assayctl -n '__assayctl_is run show' -l hist -d 'how the scores lie, of each member and metric'
complete -c assayctl -n '__assayctl_is run show' -l inflight -d 'every call under way: where it is, how old'
complete -c assayctl -n '__assayctl_is run show' -l limit -x -d 'so many calls; 50 when not given'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a why -d 'What a run group is waiting for, in one line.'
complete -c assayctl -n '__assayctl_at run why' -a last
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a watch -d 'Follow a run group to its end.'
complete -c assayctl -n '__assayctl_at run watch' -a last
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a pause -d 'Begin no further row of a run group.'
complete -c assayctl -n '__assayctl_at run pause' -a last
complete -c assayctl -n '__assayctl_is run pause' -l drain -d 'let rows end whose first call was sent; the default'
complete -c assayctl -n '__assayctl_is run pause' -l hold -d 'send nothing more at all: retries and judge wait'
complete -c assayctl -n '__assayctl_is run pause' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a resume -d 'Let a paused run group go on.'
complete -c assayctl -n '__assayctl_at run resume' -a last
complete -c assayctl -n '__assayctl_is run resume' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a cancel -d 'End a run group early; what was answered is kept.'
complete -c assayctl -n '__assayctl_at run cancel' -a last
complete -c assayctl -n '__assayctl_is run cancel' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a requeue -d 'Do a run group\'s rows that failed again.'
complete -c assayctl -n '__assayctl_at run requeue' -a last
complete -c assayctl -n '__assayctl_is run requeue' -l status -x -d 'rows with these: timeout, refused, ...'
complete -c assayctl -n '__assayctl_is run requeue' -l model -x -d 'only of this member'
complete -c assayctl -n '__assayctl_is run requeue' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a log -d 'What was done to a run group, by whom and why.'
complete -c assayctl -n '__assayctl_at run log' -a last
complete -c assayctl -n '__assayctl_is run log' -l limit -x -d 'so many; 50 when not given'
complete -c assayctl -n '__assayctl_is run log' -l before -x -d 'only entries before this one'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a compare -d 'Members of a run, or of two runs, case by case.'
complete -c assayctl -n '__assayctl_at run compare' -a last
complete -c assayctl -n '__assayctl_is run compare' -l metric -x -d 'instead of A\'s primary metric'
complete -c assayctl -n '__assayctl_is run compare' -l baseline -x -d 'this member of A'
complete -c assayctl -n '__assayctl_is run compare' -l candidate -x -d 'this member of B'
complete -c assayctl -n '__assayctl_is run compare' -l report -r -F -d 'a JSON report in the place of A; then A is the newer'
complete -c assayctl -n '__assayctl_is run compare' -l force -d 'compare also what is not comparable; labelled'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a flips -d 'Cases right on one side and wrong on the other.'
complete -c assayctl -n '__assayctl_at run flips' -a last
complete -c assayctl -n '__assayctl_is run flips' -l baseline -x -d 'this member of A, not its baseline'
complete -c assayctl -n '__assayctl_is run flips' -l candidate -x -d 'this member of A, or of B'
complete -c assayctl -n '__assayctl_is run flips' -l metric -x -d 'by this one, not the primary metric'
complete -c assayctl -n '__assayctl_is run flips' -l to -x -d 'only to pass, or only to fail'
complete -c assayctl -n '__assayctl_is run flips' -l force -d 'also what is not comparable; labelled'
complete -c assayctl -n '__assayctl_is run flips' -l limit -x -d 'so many; 50 when not given'
complete -c assayctl -n '__assayctl_is run flips' -l after -x -d 'the page after this one'
complete -c assayctl -n '__assayctl_is run flips' -l export -r -F -d 'all of them as cases, for dataset import'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a replay -d 'Derive a run again offline, and compare.'
complete -c assayctl -n '__assayctl_at run replay' -a last
complete -c assayctl -n '__assayctl_is run replay' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a rescore -d 'Score a run\'s outputs with another scorer version.'
complete -c assayctl -n '__assayctl_at run rescore' -a last
complete -c assayctl -n '__assayctl_is run rescore' -l scorer -x -d 'NAME, NAME@2 or NAME@2.0.0; needed'
complete -c assayctl -n '__assayctl_is run rescore' -l metric -x -d 'when the scorer made several of the run'
complete -c assayctl -n '__assayctl_is run rescore' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a scores -d 'What run rescore kept; with SET, what moved.'
complete -c assayctl -n '__assayctl_at run scores' -a last
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a drop-scores -d 'Delete a score set that run rescore kept.'
complete -c assayctl -n '__assayctl_at run drop-scores' -a last
complete -c assayctl -n '__assayctl_is run drop-scores' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a rank -d 'Quality, cost and latency: who is dominated.'
complete -c assayctl -n '__assayctl_at run rank' -a last
complete -c assayctl -n '__assayctl_is run rank' -l weights -x -d 'quality=0.7,cost=0.2,latency=0.1'
complete -c assayctl -n '__assayctl_is run rank' -l ranges -x -d 'worst to best: quality=0.5:1,cost=0.01:0'
complete -c assayctl -n '__assayctl_at' -a run
complete -c assayctl -n '__assayctl_at run' -a project -d 'What a month in production would cost, by model.'
complete -c assayctl -n '__assayctl_at run project' -a last
complete -c assayctl -n '__assayctl_is run project' -l requests-per-day -x -d 'in production; needed'
complete -c assayctl -n '__assayctl_at' -a row
complete -c assayctl -n '__assayctl_at row' -a ls -d 'Rows of a run group: case, member, status, scores.'
complete -c assayctl -n '__assayctl_at row ls' -a last
complete -c assayctl -n '__assayctl_is row ls' -l status -x -d 'only these: ok, timeout, judge_error, ...'
complete -c assayctl -n '__assayctl_is row ls' -l model -x -d 'only of this member'
complete -c assayctl -n '__assayctl_is row ls' -l metric -x -d 'what --min and --max are about'
complete -c assayctl -n '__assayctl_is row ls' -l min -x -d 'only with a score of at least this'
complete -c assayctl -n '__assayctl_is row ls' -l max -x -d 'only with a score of at most this'
complete -c assayctl -n '__assayctl_is row ls' -l limit -x -d 'so many; 50 when not given'
complete -c assayctl -n '__assayctl_is row ls' -l after -x -d 'the page after this one'
complete -c assayctl -n '__assayctl_at' -a row
complete -c assayctl -n '__assayctl_at row' -a show -d 'A case: request, outputs, scores, judge, attempts.'
complete -c assayctl -n '__assayctl_at row show' -a last
complete -c assayctl -n '__assayctl_at' -a row
complete -c assayctl -n '__assayctl_at row' -a retry -d 'Do a case\'s rows that failed again.'
complete -c assayctl -n '__assayctl_at row retry' -a last
complete -c assayctl -n '__assayctl_is row retry' -l model -x -d 'only of this member'
complete -c assayctl -n '__assayctl_is row retry' -l sample -x -d 'only this sample; 0 is the first'
complete -c assayctl -n '__assayctl_is row retry' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a report -d 'A run group as HTML, Markdown, JUnit, CSV or JSON.'
complete -c assayctl -n '__assayctl_at report' -a last
complete -c assayctl -n '__assayctl_is report' -l format -x -d 'text, json, jsonl, csv, md, junit or html'
complete -c assayctl -n '__assayctl_is report' -l output -r -F -d 'write it there; the file is whole or as it was before'
complete -c assayctl -n '__assayctl_at' -a gate -d 'The gate\'s verdict, as text and as exit code.'
complete -c assayctl -n '__assayctl_at gate' -a last
complete -c assayctl -n '__assayctl_at' -a schedule
complete -c assayctl -n '__assayctl_at schedule' -a ls -d 'What runs by the clock, and when next.'
complete -c assayctl -n '__assayctl_is schedule ls' -l eval -x -d 'only of this eval'
complete -c assayctl -n '__assayctl_is schedule ls' -l next -x -d 'so many of the next times'
complete -c assayctl -n '__assayctl_at' -a schedule
complete -c assayctl -n '__assayctl_at schedule' -a history -d 'What became of the times of schedules.'
complete -c assayctl -n '__assayctl_is schedule history' -l eval -x -d 'only of this eval'
complete -c assayctl -n '__assayctl_is schedule history' -l schedule -x -d 'only of this schedule'
complete -c assayctl -n '__assayctl_is schedule history' -l limit -x -d 'so many; 50 when not given'
complete -c assayctl -n '__assayctl_is schedule history' -l before -x -d 'only times before this Unix time'
complete -c assayctl -n '__assayctl_is schedule history' -l after -x -d 'go on after a page: its next, with --json'
complete -c assayctl -n '__assayctl_at' -a schedule
complete -c assayctl -n '__assayctl_at schedule' -a enable -d 'Let a schedule start runs again.'
complete -c assayctl -n '__assayctl_is schedule enable' -l schedule -x -d 'which, when the eval has several'
complete -c assayctl -n '__assayctl_is schedule enable' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a schedule
complete -c assayctl -n '__assayctl_at schedule' -a disable -d 'Keep a schedule from starting runs.'
complete -c assayctl -n '__assayctl_is schedule disable' -l schedule -x -d 'which, when the eval has several'
complete -c assayctl -n '__assayctl_is schedule disable' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a schedule
complete -c assayctl -n '__assayctl_at schedule' -a trigger -d 'Start a schedule\'s run now.'
complete -c assayctl -n '__assayctl_is schedule trigger' -l schedule -x -d 'which, when the eval has several'
complete -c assayctl -n '__assayctl_is schedule trigger' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a schedule
complete -c assayctl -n '__assayctl_at schedule' -a explain -d 'When a cron line is due; needs no assayd.'
complete -c assayctl -n '__assayctl_is schedule explain' -l tz -x -d 'an IANA time zone; UTC when not given'
complete -c assayctl -n '__assayctl_is schedule explain' -l from -x -d 'after this time on the zone\'s clocks; now when not given'
complete -c assayctl -n '__assayctl_is schedule explain' -l next -x -d 'so many times; 5 when not given'
complete -c assayctl -n '__assayctl_at' -a event
complete -c assayctl -n '__assayctl_at event' -a ls -d 'What happened.'
complete -c assayctl -n '__assayctl_is event ls' -l eval -x -d 'only of this eval'
complete -c assayctl -n '__assayctl_is event ls' -l kind -x -d 'only of this kind: gate_fail, drift'
complete -c assayctl -n '__assayctl_is event ls' -l limit -x -d 'so many; 50 when not given'
complete -c assayctl -n '__assayctl_is event ls' -l before -x -d 'only events before this one'
complete -c assayctl -n '__assayctl_at' -a event
complete -c assayctl -n '__assayctl_at event' -a watch -d 'What happens, as it happens.'
complete -c assayctl -n '__assayctl_is event watch' -l eval -x -d 'only of this eval'
complete -c assayctl -n '__assayctl_is event watch' -l kind -x -d 'only of this kind: gate_fail, drift'
complete -c assayctl -n '__assayctl_is event watch' -l after -x -d 'first those after this one; 0: all that are kept'
complete -c assayctl -n '__assayctl_is event watch' -l count -x -d 'end after N events'
complete -c assayctl -n '__assayctl_at' -a notify
complete -c assayctl -n '__assayctl_at notify' -a ls -d 'Who is told of what, and what was sent.'
complete -c assayctl -n '__assayctl_is notify ls' -l eval -x -d 'only of this eval, and of assay.yaml'
complete -c assayctl -n '__assayctl_is notify ls' -l limit -x -d 'so many deliveries; 50 when not given'
complete -c assayctl -n '__assayctl_is notify ls' -l before -x -d 'only deliveries before this one'
complete -c assayctl -n '__assayctl_at' -a notify
complete -c assayctl -n '__assayctl_at notify' -a test -d 'Does a notification arrive?'
complete -c assayctl -n '__assayctl_at' -a history -d 'An eval\'s runs in a row, and drift of models.'
complete -c assayctl -n '__assayctl_is history' -l model -x -d 'only this model'
complete -c assayctl -n '__assayctl_is history' -l metric -x -d 'not the primary one'
complete -c assayctl -n '__assayctl_is history' -l last -x -d 'so many runs; 30 when not given'
complete -c assayctl -n '__assayctl_at' -a baseline
complete -c assayctl -n '__assayctl_at baseline' -a set -d 'Pin what an eval is measured against.'
complete -c assayctl -n '__assayctl_is baseline set' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a baseline
complete -c assayctl -n '__assayctl_at baseline' -a show -d 'What an eval is measured against, and who set it.'
complete -c assayctl -n '__assayctl_is baseline show' -l limit -x -d 'so many; 50 when not given'
complete -c assayctl -n '__assayctl_is baseline show' -l before -x -d 'only pins before this one'
complete -c assayctl -n '__assayctl_at' -a promote -d 'Put a model in force, by the evidence of a run.'
complete -c assayctl -n '__assayctl_is promote' -l run -x -d 'whose gate passed for it; needed'
complete -c assayctl -n '__assayctl_is promote' -l override -d 'even against the evidence'
complete -c assayctl -n '__assayctl_is promote' -l reason -x -d 'of the override; every report since tells it'
complete -c assayctl -n '__assayctl_is promote' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a promotions -d 'Which model is in force, and which ones were.'
complete -c assayctl -n '__assayctl_is promotions' -l limit -x -d 'so many; 50 when not given'
complete -c assayctl -n '__assayctl_is promotions' -l before -x -d 'only promotions before this one'
complete -c assayctl -n '__assayctl_at' -a demote -d 'Take a promotion back, to the one before.'
complete -c assayctl -n '__assayctl_is demote' -l why -x -d 'why, for the audit log'
complete -c assayctl -n '__assayctl_at' -a dossier -d 'A run\'s decision as one file of evidence.'
complete -c assayctl -n '__assayctl_at dossier' -a last
complete -c assayctl -n '__assayctl_is dossier' -l output -r -F -d 'where to; standard output when not given'
complete -c assayctl -n '__assayctl_at' -a dossier
complete -c assayctl -n '__assayctl_at dossier' -a verify -d 'Check a dossier; needs no assayd.'
complete -c assayctl -n '__assayctl_is dossier verify' -F
complete -c assayctl -n '__assayctl_is dossier verify' -l daemon -d 'compare it with the daemon\'s journal too'
complete -c assayctl -n '__assayctl_at' -a inbox
complete -c assayctl -n '__assayctl_at inbox' -a ls -d 'Inboxes, and what became of files in them.'
complete -c assayctl -n '__assayctl_is inbox ls' -l inbox -x -d 'only the inbox of this dataset'
complete -c assayctl -n '__assayctl_is inbox ls' -l before -x -d 'only files before this one'
complete -c assayctl -n '__assayctl_is inbox ls' -l limit -x -d 'how many files at most; 50 when not given'
complete -c assayctl -n '__assayctl_at' -a journal
complete -c assayctl -n '__assayctl_at journal' -a stats -d 'What the journal holds, by model and outcome.'
complete -c assayctl -n '__assayctl_at' -a journal
complete -c assayctl -n '__assayctl_at journal' -a verify -d 'Check that nothing in the journal was changed.'
complete -c assayctl -n '__assayctl_is journal verify' -l run -x -d 'only this one, or the word last'
complete -c assayctl -n '__assayctl_at' -a journal
complete -c assayctl -n '__assayctl_at journal' -a prune -d 'Take old runs out of the database.'
complete -c assayctl -n '__assayctl_is journal prune' -l older-than -x -d 'that ended so long ago: 30d, 12h'
complete -c assayctl -n '__assayctl_is journal prune' -l keep-last -x -d 'but not the last N of each eval'
complete -c assayctl -n '__assayctl_is journal prune' -l dry-run -d 'only say what would go'
complete -c assayctl -n '__assayctl_is journal prune' -l why -x -d 'why, for the audit log'
