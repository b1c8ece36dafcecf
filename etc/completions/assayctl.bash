# Completion of assayctl for bash: printed by `assayctl --dump completion-bash`.
_assayctl_paths=(
    'status'
    'top'
    'check'
    'daemon reload'
    'daemon metrics'
    'daemon log'
    'daemon limits'
    'daemon limits set'
    'plugin ls'
    'plugin show'
    'plugin versions'
    'plugin diff'
    'plugin new'
    'plugin test'
    'plugin check'
    'plugin shadow'
    'eval ls'
    'eval show'
    'dataset import'
    'dataset from-run'
    'dataset ls'
    'dataset show'
    'run start'
    'run plan'
    'run ls'
    'run show'
    'run why'
    'run watch'
    'run pause'
    'run resume'
    'run cancel'
    'run requeue'
    'run log'
    'run compare'
    'run flips'
    'run replay'
    'run rescore'
    'run scores'
    'run drop-scores'
    'run rank'
    'run project'
    'row ls'
    'row show'
    'row retry'
    'report'
    'gate'
    'schedule ls'
    'schedule history'
    'schedule enable'
    'schedule disable'
    'schedule trigger'
    'schedule explain'
    'event ls'
    'event watch'
    'notify ls'
    'notify test'
    'history'
    'baseline set'
    'baseline show'
    'promote'
    'promotions'
    'demote'
    'dossier'
    'dossier verify'
    'inbox ls'
    'journal stats'
    'journal verify'
    'journal prune'
)

# Sets options, values (those that take one), files, and adds to words.
_assayctl_command() {
    case $1 in
    'status')
        options=''
        values=''
        files=''
        ;;
    'top')
        options=' --once'
        values=''
        files=''
        ;;
    'check')
        options=''
        values=''
        files=''
        ;;
    'daemon reload')
        options=' --why'
        values=' --why'
        files=''
        ;;
    'daemon metrics')
        options=''
        values=''
        files=''
        ;;
    'daemon log')
        options=' --limit --before'
        values=' --limit --before'
        files=''
        ;;
    'daemon limits')
        options=''
        values=''
        files=''
        ;;
    'daemon limits set')
        options=' --concurrency --rpm --tpm --reset --why'
        values=' --concurrency --rpm --tpm --why'
        files=''
        ;;
    'plugin ls')
        options=' --kind'
        values=' --kind'
        files=''
        ;;
    'plugin show')
        options=' --kind'
        values=' --kind'
        files=''
        ;;
    'plugin versions')
        options=' --kind'
        values=' --kind'
        files=''
        ;;
    'plugin diff')
        options=' --kind'
        values=' --kind'
        files=''
        ;;
    'plugin new')
        options=' --from --output'
        values=' --from'
        files=' --output'
        ;;
    'plugin test')
        options=' --kind'
        values=' --kind'
        files=''
        ;;
    'plugin check')
        options=' --strict'
        values=''
        files=' .'
        ;;
    'plugin shadow')
        options=' --last'
        values=' --last'
        files=''
        ;;
    'eval ls')
        options=''
        values=''
        files=''
        ;;
    'eval show')
        options=''
        values=''
        files=''
        ;;
    'dataset import')
        options=' --strict'
        values=''
        files=' .'
        ;;
    'dataset from-run')
        options=' --where --model --metric --to --recorded --add'
        values=' --where --model --metric --to'
        files=''
        words+=' last'
        ;;
    'dataset ls')
        options=''
        values=''
        files=''
        ;;
    'dataset show')
        options=' --limit --after'
        values=' --limit --after'
        files=''
        ;;
    'run start')
        options=' --wait --gate --timeout --output --format --compare-with --models --where --max-cases --sample --seed --samples --temperature --max-concurrent --request-delay --cache --journal --max-cost-usd --max-requests --max-tokens --no-early-stop --tag --scheduled --why'
        values=' --timeout --format --compare-with --models --where --max-cases --sample --seed --samples --temperature --max-concurrent --request-delay --journal --max-cost-usd --max-requests --max-tokens --tag --why'
        files=' --output'
        ;;
    'run plan')
        options=' --models --where --max-cases --sample --seed --samples --temperature --max-concurrent --request-delay --cache --journal --max-cost-usd --max-requests --max-tokens --no-early-stop'
        values=' --models --where --max-cases --sample --seed --samples --temperature --max-concurrent --request-delay --journal --max-cost-usd --max-requests --max-tokens'
        files=''
        ;;
    'run ls')
        options=' --eval --limit --before'
        values=' --eval --limit --before'
        files=''
        ;;
    'run show')
        options=' --by --detailed --hist --inflight --limit'
        values=' --by --limit'
        files=''
        words+=' last'
        ;;
    'run why')
        options=''
        values=''
        files=''
        words+=' last'
        ;;
    'run watch')
        options=''
        values=''
        files=''
        words+=' last'
        ;;
    'run pause')
        options=' --drain --hold --why'
        values=' --why'
        files=''
        words+=' last'
        ;;
    'run resume')
        options=' --why'
        values=' --why'
        files=''
        words+=' last'
        ;;
    'run cancel')
        options=' --why'
        values=' --why'
        files=''
        words+=' last'
        ;;
    'run requeue')
        options=' --status --model --why'
        values=' --status --model --why'
        files=''
        words+=' last'
        ;;
    'run log')
        options=' --limit --before'
        values=' --limit --before'
        files=''
        words+=' last'
        ;;
    'run compare')
        options=' --metric --baseline --candidate --report --force'
        values=' --metric --baseline --candidate'
        files=' --report'
        words+=' last'
        ;;
    'run flips')
        options=' --baseline --candidate --metric --to --force --limit --after --export'
        values=' --baseline --candidate --metric --to --limit --after'
        files=' --export'
        words+=' last'
        ;;
    'run replay')
        options=' --why'
        values=' --why'
        files=''
        words+=' last'
        ;;
    'run rescore')
        options=' --scorer --metric --why'
        values=' --scorer --metric --why'
        files=''
        words+=' last'
        ;;
    'run scores')
        options=''
        values=''
        files=''
        words+=' last'
        ;;
    'run drop-scores')
        options=' --why'
        values=' --why'
        files=''
        words+=' last'
        ;;
    'run rank')
        options=' --weights --ranges'
        values=' --weights --ranges'
        files=''
        words+=' last'
        ;;
    'run project')
        options=' --requests-per-day'
        values=' --requests-per-day'
        files=''
        words+=' last'
        ;;
    'row ls')
        options=' --status --model --metric --min --max --limit --after'
        values=' --status --model --metric --min --max --limit --after'
        files=''
        words+=' last'
        ;;
    'row show')
        options=''
        values=''
        files=''
        words+=' last'
        ;;
    'row retry')
        options=' --model --sample --why'
        values=' --model --sample --why'
        files=''
        words+=' last'
        ;;
    'report')
        options=' --format --output'
        values=' --format'
        files=' --output'
        words+=' last'
        ;;
    'gate')
        options=''
        values=''
        files=''
        words+=' last'
        ;;
    'schedule ls')
        options=' --eval --next'
        values=' --eval --next'
        files=''
        ;;
    'schedule history')
        options=' --eval --schedule --limit --before --after'
        values=' --eval --schedule --limit --before --after'
        files=''
        ;;
    'schedule enable')
        options=' --schedule --why'
        values=' --schedule --why'
        files=''
        ;;
    'schedule disable')
        options=' --schedule --why'
        values=' --schedule --why'
        files=''
        ;;
    'schedule trigger')
        options=' --schedule --why'
        values=' --schedule --why'
        files=''
        ;;
    'schedule explain')
        options=' --tz --from --next'
        values=' --tz --from --next'
        files=''
        ;;
    'event ls')
        options=' --eval --kind --limit --before'
        values=' --eval --kind --limit --before'
        files=''
        ;;
    'event watch')
        options=' --eval --kind --after --count'
        values=' --eval --kind --after --count'
        files=''
        ;;
    'notify ls')
        options=' --eval --limit --before'
        values=' --eval --limit --before'
        files=''
        ;;
    'notify test')
        options=''
        values=''
        files=''
        ;;
    'history')
        options=' --model --metric --last'
        values=' --model --metric --last'
        files=''
        ;;
    'baseline set')
        options=' --why'
        values=' --why'
        files=''
        ;;
    'baseline show')
        options=' --limit --before'
        values=' --limit --before'
        files=''
        ;;
    'promote')
        options=' --run --override --reason --why'
        values=' --run --reason --why'
        files=''
        ;;
    'promotions')
        options=' --limit --before'
        values=' --limit --before'
        files=''
        ;;
    'demote')
        options=' --why'
        values=' --why'
        files=''
        ;;
    'dossier')
        options=' --output'
        values=''
        files=' --output'
        words+=' last'
        ;;
    'dossier verify')
        options=' --daemon'
        values=''
        files=' .'
        ;;
    'inbox ls')
        options=' --inbox --before --limit'
        values=' --inbox --before --limit'
        files=''
        ;;
    'journal stats')
        options=''
        values=''
        files=''
        ;;
    'journal verify')
        options=' --run'
        values=' --run'
        files=''
        ;;
    'journal prune')
        options=' --older-than --keep-last --dry-run --why'
        values=' --older-than --keep-last --why'
        files=''
        ;;
    esac
}

_assayctl() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local at path='' said='' words='' options='' values='' files=''
    COMPREPLY=()
    for ((at = 1; at < COMP_CWORD; at++)); do
        case ${COMP_WORDS[at]} in
        --socket | --color) ((++at)) ;;
        -* | help) ;;
        *) said+="${COMP_WORDS[at]} " ;;
        esac
    done
    for at in "${_assayctl_paths[@]}"; do
        if [[ $said == "$at "* ]] && ((${#at} > ${#path})); then
            path=$at
        elif [[ $at == "$said"* ]]; then
            at=${at#"$said"}
            [[ "$words " == *" ${at%% *} "* ]] || words+=" ${at%% *}"
        fi
    done
    _assayctl_command "$path"
    if [[ $before == --color ]]; then
        COMPREPLY=($(compgen -W 'auto always never' -- "$word"))
    elif [[ $before == --socket || " $files " == *" $before "* ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
    elif [[ " $values " == *" $before "* ]]; then
        return
    elif [[ $word == -* ]]; then
        [ -n "$said" ] || options=--version
        COMPREPLY=($(compgen -W "$options --json --socket --color --help" -- "$word"))
    elif [[ " $files " == *' . '* ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
    else
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    fi
}
complete -o filenames -F _assayctl assayctl
