#compdef terrace
# Completion of terrace for zsh: terrace itself says what the words can become.
_terrace() {
    local line quote=$compstate[quote]
    local -a lines fields ends ends_shown opens opens_shown
    lines=("${(@f)$(command terrace complete zsh -- "${(@Q)words[1,CURRENT-1]}" "${(Q)${:-$quote$PREFIX$quote}}" 2>/dev/null)}")
    for line in "${lines[@]}"; do
        [[ -n $line ]] || continue
        fields=("${(@ps:\t:)line}")
        if [[ $fields[1] == nospace ]]; then
            opens+=("$fields[2]") opens_shown+=("$fields[2]${fields[3]:+  -- $fields[3]}")
        else
            ends+=("$fields[2]") ends_shown+=("$fields[2]${fields[3]:+  -- $fields[3]}")
        fi
    done
    (( $#opens )) && compadd -V open -l -S '' -d opens_shown -a opens
    (( $#ends )) && compadd -V done -l -d ends_shown -a ends
    return 0
}
if [[ $funcstack[1] == _terrace ]]; then _terrace "$@"; else compdef _terrace terrace; fi
